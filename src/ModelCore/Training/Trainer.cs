using System.Globalization;
using System.Text.Json;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training.Collectives;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>One training step: its number, from 1, and its loss.</summary>
public readonly record struct TrainingStep(long Iteration, double Loss);

/// <summary>Losses on the validation images, of the weights and of their average (a classifier has none: twice the same); NaN if there are no validation images.</summary>
public readonly record struct ValidationResult(long Iteration, double Loss, double EmaLoss);

/// <summary>
/// Trains a denoiser or a classifier step by step on the calling thread. Everything random follows from (seed, position of an image in the
/// training), so a training that was saved and resumed goes on bit for bit, on the same machine and number of threads.
/// </summary>
public sealed class Trainer : IDisposable
{
    private static readonly TimeSpan _longestSum = TimeSpan.FromMinutes(10);    // of gradients: the slowest worker's step, not the network's time
    private readonly Network _network;
    private readonly Objective _objective;
    private readonly FlatParameters _parameters;
    private readonly AdamOptimizer _optimizer;
    private readonly Tensor _ema;
    private readonly PowerFunctionAverages _averages;
    private readonly DataSplit _split;
    private readonly BatchMaker _batches;
    private readonly ITrainingData _data;
    private readonly string _dataDigest;
    private readonly Device _device;
    private readonly ICollective _collective;
    private readonly int _shareOffset;
    private readonly int _shareSize;
    private readonly OuterOptimizer? _outer;
    private long _roundBegan;
    private (long Position, Task<BatchNumbers> Numbers)? _ahead;

    private Trainer(Network network, TrainingOptions options, ITrainingData data, string dataDigest, Device device, ICollective? collective, TrainerShare? share, string? teacherWeights)
    {
        if (options.Threads > 0)
            set_num_threads(options.Threads);
        Options = options;
        _collective = collective ?? new NullCollective();
        (_shareOffset, _shareSize) = (share ?? new TrainerShare(_collective.Rank, _collective.Size)).Of(options.BatchSize);
        if (_shareSize == 0)
            throw new RadioDiffusionException($"Each trainer should have an image of every batch, but {(share?.Size ?? _collective.Size)} trainers share {options.BatchSize}.");
        _device = device;
        _data = data;
        _dataDigest = dataDigest;
        _network = network;
        _network.MoveTo(device, options.Precision == Precision.Float64 ? ScalarType.Float64 : ScalarType.Float32);
        _parameters = new FlatParameters(_network, device);
        _optimizer = new AdamOptimizer(_parameters.Length, device, _parameters.Values.dtype);
        _ema = _parameters.Values.clone().DetachFromDisposeScope();
        _outer = options.DiLoCo is { } diLoCo ? new OuterOptimizer(_parameters.Values, diLoCo) : null;
        _averages = new PowerFunctionAverages(options.PowerEma, _parameters.Values);
        LossScale = options.Precision == Precision.Float16 ? new LossScale() : null;
        bool balances = data.BalancesClasses && network.Options.Kind == NetworkKind.Denoiser;    // the weights of a classifier's loss do the same
        _split = new DataSplit(data.Count, options.ValidationFraction, options.Seed, balances ? data.Label : null, data.HeldOut);
        _objective = Objective.Of(network, options, options.Distillation == null ? null : Teacher(teacherWeights), data, _split, NumberTensor);
        _objective.CheckShare(_shareSize, MostAtOnce);
        _batches = new BatchMaker(data, options, network.Options, device);
    }

    /// <summary>How this trainer trains: <see cref="Precision.Auto"/> has become what was chosen.</summary>
    public TrainingOptions Options { get; private set; }

    /// <summary>What decided on the precision; null if that was given, or chosen when the run began.</summary>
    public PrecisionMeasurement? Measured { get; private set; }

    public NetworkOptions Network => _network.Options;

    /// <summary>The scale of the next step's loss in float16; null in other precisions.</summary>
    internal LossScale? LossScale { get; set; }

    /// <summary>Steps done.</summary>
    public long Iteration { get; private set; }

    /// <summary>Starts a training with initial weights from the seed.</summary>
    /// <param name="network">Shape of the network.</param>
    /// <param name="options">How to train.</param>
    /// <param name="data">What to train on.</param>
    /// <param name="device">cpu, cuda, cuda:1 and so on.</param>
    /// <param name="dataDigest">Identity of the data set; a resume compares it.</param>
    /// <param name="collective">Those who train together, each with a share of every batch; null for one alone. The trainer does not dispose of it.</param>
    /// <param name="initialWeights">A safetensors file of weights to begin with, of a network that may have other conditions: the embeddings of those begin at random; null for random weights.
    /// A student's are its teacher's.</param>
    /// <param name="share">Which part of every batch is this trainer's, where trainers meet only now and then (DiLoCo); null for the collective's.</param>
    /// <exception cref="RadioDiffusionException">Options are out of range, or data and network do not fit.</exception>
    /// <exception cref="CollectiveException">The precision is to be chosen, and a worker was lost meanwhile.</exception>
    public static Trainer Create(NetworkOptions network, TrainingOptions options, ITrainingData data, string device = "cpu", string dataDigest = "", ICollective? collective = null,
        string? initialWeights = null, TrainerShare? share = null)
    {
        network.Check();
        options.Check();
        options.CheckFor(network.Kind);
        CheckData(network, data);
        using var scope = NewDisposeScope();
        Network initial = network.Kind == NetworkKind.Classifier ? Initialisation.CreateClassifier(network, options.Seed) : Initialisation.Create(network, options.Seed);
        if (initialWeights != null)
            WeightFiles.LoadWarmStart(initial, initialWeights);
        var trainer = new Trainer(initial, options, data, dataDigest, torch.device(device), collective, share, initialWeights);
        try
        {
            trainer.ChoosePrecisionIfAsked();
        }
        catch
        {
            trainer.Dispose();
            throw;
        }
        return trainer;
    }

    /// <summary>Goes on from a checkpoint.</summary>
    /// <param name="checkpointDirectory">Where it is.</param>
    /// <param name="data">What to train on.</param>
    /// <param name="device">cpu, cuda, cuda:1 and so on.</param>
    /// <param name="dataDigest">Identity of the data set.</param>
    /// <param name="collective">Those who train together, each with a share of every batch; null for one alone. The trainer does not dispose of it.</param>
    /// <param name="network">The network that it should be of; null for any.</param>
    /// <param name="options">How to go on; null for as before.</param>
    /// <param name="share">As in <see cref="Create"/>.</param>
    /// <param name="teacherWeights">What a student began with; null for others.</param>
    /// <exception cref="RadioDiffusionException">The checkpoint is incomplete or damaged, or of another data set or network.</exception>
    public static Trainer Resume(string checkpointDirectory, ITrainingData data, string device = "cpu", string dataDigest = "", ICollective? collective = null,
        NetworkOptions? network = null, TrainingOptions? options = null, TrainerShare? share = null, string? teacherWeights = null)
    {
        var checkpoint = Checkpoint.ReadDescription(checkpointDirectory);
        checkpoint.Network.Check();
        CheckNetwork(checkpointDirectory, network, checkpoint.Network);
        options ??= checkpoint.Options;
        if (options.Precision == Precision.Auto)
            options = options with { Precision = checkpoint.Options.Precision };     // chosen when the run began
        options.Check();
        options.CheckFor(checkpoint.Network.Kind);
        CheckAverages(checkpointDirectory, options, checkpoint.Options);
        CheckData(checkpoint.Network, data);
        checkpoint.CheckConditions(checkpointDirectory, data.Conditions);
        if (checkpoint.DataDigest != dataDigest || checkpoint.DataCount != data.Count)
        {
            throw new RadioDiffusionException($"The checkpoint {checkpointDirectory} was trained on data set '{checkpoint.DataDigest}' with "
                + $"{checkpoint.DataCount} images, but the one given is '{dataDigest}' with {data.Count}. To train on other data, start a new training.");
        }
        using var scope = NewDisposeScope();
        Network saved = checkpoint.Network.Kind == NetworkKind.Classifier ? new Classifier(checkpoint.Network) : new EdmPreconditioning(checkpoint.Network);
        var trainer = new Trainer(saved, options, data, dataDigest, torch.device(device), collective, share, teacherWeights);
        try
        {
            var outer = checkpoint.Options.DiLoCo == null ? null : trainer._outer;     // one that begins here begins at rest
            Checkpoint.LoadTensors(checkpointDirectory, checkpoint.Iteration, trainer._parameters, trainer._ema, trainer._averages, trainer._optimizer, outer);
            trainer._outer?.Begin(trainer._parameters.Values);
        }
        catch
        {
            trainer.Dispose();
            throw;
        }
        trainer._parameters.WriteToNetwork();
        trainer.Iteration = trainer._roundBegan = checkpoint.Iteration;
        if (trainer.LossScale != null)
            trainer.LossScale = checkpoint.LossScale ?? trainer.LossScale;
        return trainer;
    }

    /// <summary>Whether all who train together go on from the same state.</summary>
    /// <param name="timeout">How long the others may take.</param>
    /// <returns>False: one of them was lost.</returns>
    /// <exception cref="RadioDiffusionException">They do not; all of them are told the same.</exception>
    public bool Agrees(TimeSpan timeout) => _collective.Size == 1
        || Agreement.Check(_collective, Agreement.Digest(Iteration, JsonSerializer.Serialize((object[])[Options, LossScale!]),
            [_parameters.Values, _ema, .. _averages.Values, _optimizer.FirstMoment, _optimizer.SecondMoment]), timeout);

    /// <summary>
    /// One step of Adam on one batch, of which this trainer takes its share. In float16 a step whose gradients overflow leaves the weights as they are; it
    /// counts as an iteration all the same (<see cref="LossScale"/>), and averages take in the weights once more.
    /// </summary>
    /// <exception cref="CollectiveException">The gradients could not be summed over all who train together. Nothing has changed.</exception>
    public TrainingStep Step()
    {
        using var scope = NewDisposeScope();
        long firstPosition = (Iteration * Options.BatchSize) + _shareOffset;
        _parameters.Reduced.zero_();
        var numbers = NumbersAt(firstPosition);
        for (int first = 0; first < _shareSize; first += MostAtOnce)
            AddGradients(numbers, firstPosition, first, Math.Min(MostAtOnce, _shareSize - first));
        _parameters.PutStatistics(NumberTensor((double)_shareSize / Options.BatchSize));
        SumOverWorkers(_parameters.Reduced);
        using (no_grad())
        {
            _parameters.TakeStatistics();
            long iteration = ++Iteration;
            if (UndoLossScale())
                _optimizer.Step(_parameters.Values, _parameters.Gradients, iteration - (LossScale?.LeftOut ?? 0), Options.LearningRateAt(iteration));
            _averages.Update(_parameters.Values, iteration);
            if (_outer == null)
                _ema.lerp_(_parameters.Values, NumberTensor(1 - Options.EmaRateAt(iteration)));
            _parameters.WriteToNetwork();
        }
        return new TrainingStep(Iteration, NumberOf(_parameters.Loss));
    }

    /// <summary>Whether the trainers of a DiLoCo training should meet before the next step.</summary>
    public bool IsRoundOver => Options.DiLoCo is { } diLoCo && Iteration > _roundBegan && (Iteration % diLoCo.LocalSteps == 0 || Iteration >= Options.Iterations);

    /// <summary>Writes how far this trainer has come since the last meeting, as a safetensors file.</summary>
    public void WriteDifference(string file)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        WeightFiles.Save(_parameters.Slices(Outer.Difference(_parameters.Values)), file);
    }

    /// <summary>Ends a round: all who read the same files in the same order have the same weights and average afterwards, bit for bit.</summary>
    /// <param name="differences">What the trainers of the round have written.</param>
    /// <exception cref="RadioDiffusionException">A file is missing, damaged, or of another network. Nothing has changed.</exception>
    public void FinishRound(IReadOnlyList<string> differences)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Outer.Step(SharedVectors.Mean(differences, vector => _parameters.Slices(vector), _parameters.Values), _parameters.Values);
        double rate = 1;
        for (long iteration = _roundBegan + 1; iteration <= Iteration; iteration++)
            rate *= Options.EmaRateAt(iteration);
        _ema.lerp_(_parameters.Values, NumberTensor(1 - rate));
        _parameters.WriteToNetwork();
        _roundBegan = Iteration;
    }

    /// <summary>Writes the inner optimiser's state, as a safetensors file.</summary>
    public void WriteMoments(string file)
    {
        using var scope = NewDisposeScope();
        WeightFiles.Save(MomentSlices(cat([_optimizer.FirstMoment, _optimizer.SecondMoment])), file);
    }

    /// <summary>Replaces the inner optimiser's state by the mean of all trainers', so that a checkpoint of it does for any number of them.</summary>
    public void ShareMoments(IReadOnlyList<string> moments)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var mean = SharedVectors.Mean(moments, MomentSlices, cat([_optimizer.FirstMoment, _optimizer.SecondMoment]));
        _optimizer.FirstMoment.copy_(mean.narrow(0, 0, _parameters.Length));
        _optimizer.SecondMoment.copy_(mean.narrow(0, _parameters.Length, _parameters.Length));
    }

    private OuterOptimizer Outer => _outer ?? throw new InvalidOperationException("Only the trainers of a DiLoCo training meet.");

    private IReadOnlyList<(string Name, Tensor Tensor)> MomentSlices(Tensor both) =>
    [
        .. _parameters.Slices(both.narrow(0, 0, _parameters.Length), "exp_avg."),
        .. _parameters.Slices(both.narrow(0, _parameters.Length, _parameters.Length), "exp_avg_sq."),
    ];

    /// <summary>Images that go through the network together.</summary>
    private int MostAtOnce => Options.MicroBatchSize > 0 ? Options.MicroBatchSize : _shareSize;

    /// <summary>Adds the gradients and the loss of some images of the share, each weighted as one of the whole batch.</summary>
    private void AddGradients(BatchNumbers numbers, long firstPosition, int first, int count)
    {
        using var scope = NewDisposeScope();
        var dropout = _objective.NeedsMasks ? new DropoutMasks(Options.Seed, firstPosition + first, count, Network.Dropout, _device) : null;
        var loss = _objective.SumOfLosses(_batches.ToTensors(numbers, first, count), dropout, Options.Precision) * NumberTensor(1.0 / (_outer == null ? Options.BatchSize : _shareSize));
        (LossScale is { } scale ? loss * NumberTensor(scale.Scale) : loss).backward();
        using (no_grad())
            _parameters.Loss.Increase(loss);
    }

    /// <summary>Divides the gradients by the scale of the loss, and changes it for the next step. All workers have the same sums, and so decide alike.</summary>
    /// <returns>Whether the gradients are of use.</returns>
    private bool UndoLossScale()
    {
        if (LossScale is not { } scale)
            return true;
        bool isFinite = _parameters.Gradients.isfinite().all().item<bool>();
        _parameters.Gradients.mul_(NumberTensor(1 / scale.Scale));
        LossScale = scale.After(isFinite);
        return isFinite;
    }

    /// <summary>Where the precision is <see cref="Precision.Auto"/>: computes the first images in those there are to choose from. Leaves no trace but the choice.</summary>
    private void ChoosePrecisionIfAsked()
    {
        if (Options.Precision != Precision.Auto)
            return;
        long position = _shareOffset;
        _ahead = Begin(position);
        var numbers = _ahead.Value.Numbers.GetAwaiter().GetResult();
        int count = Math.Min(Math.Min(MostAtOnce, PrecisionMeasurement.MostImages), _shareSize);
        Measured = PrecisionMeasurement.Take(Compute, _collective, _device, _longestSum);
        _parameters.WriteToNetwork();                        // statistics of the images are gone
        Options = Options with { Precision = Measured.Chosen };

        void Compute(Precision precision)
        {
            Options = Options with { Precision = precision };
            _parameters.Reduced.zero_();
            if (count > 0)
                AddGradients(numbers, position, 0, count);
            NumberOf(_parameters.Loss);                      // waits for the device
        }
    }

    private void SumOverWorkers(Tensor values)
    {
        if (_collective.Size == 1 || _collective.SumInPlace(values, _longestSum))
            return;
        _parameters.WriteToNetwork();                        // statistics that it had taken of the images are gone
        throw new CollectiveException($"The sum over {_collective.Size} workers failed in iteration {Iteration + 1}: one of them has ended or hangs.");
    }

    /// <summary>
    /// Losses on the validation images, always with the same noise and without turning images or dropping conditions, so
    /// that they can be compared from one time to the next.
    /// </summary>
    public ValidationResult Validate()
    {
        if (_split.Validation.Count == 0)
            return new ValidationResult(Iteration, double.NaN, double.NaN);
        using var scope = NewDisposeScope();
        double loss = ValidationLoss();
        _parameters.WriteToNetwork(_ema);
        double emaLoss = ValidationLoss();
        _parameters.WriteToNetwork();
        return new ValidationResult(Iteration, loss, emaLoss);
    }

    /// <summary>A copy of all parameters as one vector, for comparing trainings.</summary>
    internal double[] CopyParameters()
    {
        using var scope = NewDisposeScope();
        return _parameters.Values.to(ScalarType.Float64, CPU).data<double>().ToArray();
    }

    /// <summary>Writes the state to go on from: three safetensors files and trainer.json, the latter last.</summary>
    public void SaveCheckpoint(string directory) => Checkpoint.Save(directory, new CheckpointDescription
    {
        Iteration = Iteration,
        EmaCount = Math.Max(0, Iteration - Options.EmaStart),
        Network = Network,
        Options = Options,
        DataDigest = _dataDigest,
        DataCount = _data.Count,
        LossScale = LossScale,
        Conditions = _data.Conditions,
    }, _parameters, _ema, _averages, _optimizer, _outer);

    /// <summary>Writes the power-function averages as they are now, for <see cref="PostHocEma"/>, and model.json as <see cref="SaveSnapshot"/> does.</summary>
    public void SaveAverages(string directory, SnapshotDescription? description = null)
    {
        _averages.Save(directory, _parameters, Iteration);
        Describe(description).Write(directory);
    }

    /// <summary>Writes weights to use: the averaged ones, and model.json with the description, network and iterations filled in.</summary>
    public void SaveSnapshot(string directory, SnapshotDescription? description = null)
    {
        using var scope = NewDisposeScope();
        Directory.CreateDirectory(directory);
        WeightFiles.Save(_parameters.Slices(_ema), Path.Combine(directory, SnapshotDescription.WeightsFileName));
        Describe(description).Write(directory);
    }

    private SnapshotDescription Describe(SnapshotDescription? description) =>
        (description ?? new SnapshotDescription()) with { Network = Network, Iterations = Iteration, Parameters = _parameters.Trainable };

    public void Dispose()
    {
        ((IAsyncResult?)_ahead?.Numbers)?.AsyncWaitHandle.WaitOne();    // it reads the data, which its owner disposes of next
        _parameters.Dispose();
        _optimizer.Dispose();
        _outer?.Dispose();
        _ema.Dispose();
        _averages.Dispose();
        _objective.Dispose();
        _network.Dispose();
    }

    private static void CheckNetwork(string directory, NetworkOptions? expected, NetworkOptions found)
    {
        var (wanted, given) = (JsonSerializer.SerializeToNode(expected ?? found)!.AsObject(), JsonSerializer.SerializeToNode(found)!.AsObject());
        string[] differences = [.. wanted.Where(option => option.Value?.ToJsonString() != given[option.Key]?.ToJsonString())
            .Select(option => $"{option.Key} {given[option.Key]?.ToJsonString() ?? "null"} instead of {option.Value?.ToJsonString() ?? "null"}")];
        if (differences.Length > 0)
            throw new RadioDiffusionException($"The checkpoint {directory} is of another network: it has {string.Join(", ", differences)}.");
    }

    private static void CheckAverages(string directory, TrainingOptions wanted, TrainingOptions kept)
    {
        double[] missing = [.. (wanted.PowerEma ?? []).Except(kept.PowerEma ?? [])];
        if (missing.Length == 0)
            return;
        string widths = string.Join(", ", missing.Select(width => width.ToString(CultureInfo.InvariantCulture)));
        throw new RadioDiffusionException($"The checkpoint {directory} has no power-function averages of the relative widths {widths}: "
            + $"averages begin with their training. Leave the widths out of {nameof(TrainingOptions.PowerEma)}, or start a new training.");
    }

    private static void CheckData(NetworkOptions network, ITrainingData data)
    {
        if (data.ImageSize != network.ImageSize)
            throw new RadioDiffusionException($"The network is for images of {network.ImageSize} pixels a side, but those of the data set have {data.ImageSize}.");
        if (data.ImageChannels != network.ImageChannels)
            throw new RadioDiffusionException($"The network is for images of {network.ImageChannels} channels, but those of the data set have {data.ImageChannels}.");
        if (network.ContextDimension > 0 && network.ContextDimension != data.ContextDimension)
            throw new RadioDiffusionException($"The network is conditioned on {network.ContextDimension} continuous values, but the data set has {data.ContextDimension} of each image.");
        if (network.Kind == NetworkKind.Classifier && network.ClassCount != data.ClassCount)
            throw new RadioDiffusionException($"The classifier is for images of {network.ClassCount} classes, but the data set has {(data.ClassCount == 0 ? "none" : data.ClassCount)}.");
        if (network.ClassCount > 0 && network.ClassCount != data.ClassCount)
            throw new RadioDiffusionException($"The network is conditioned on {network.ClassCount} classes, but the data set has {data.ClassCount}.");
    }

    /// <summary>The numbers of the share at a position, drawn while the step before it ran; the next ones are begun, so that training does not wait for data.</summary>
    private BatchNumbers NumbersAt(long firstPosition)
    {
        var (position, numbers) = _ahead is { } ahead && ahead.Position == firstPosition ? ahead : Begin(firstPosition);
        _ahead = Begin(position + Options.BatchSize);
        return numbers.GetAwaiter().GetResult();             // this thread has nothing else to do
    }

    private (long Position, Task<BatchNumbers> Numbers) Begin(long firstPosition)
    {
        var images = new int[_shareSize];
        var streams = new RandomStream[_shareSize];
        for (int i = 0; i < images.Length; i++)
        {
            images[i] = _split.ImageAt(firstPosition + i);
            streams[i] = new RandomStream(Options.Seed, "image", firstPosition + i);
        }
        return (firstPosition, Task.Run(() => _batches.Draw(images, streams, forTraining: true)));
    }

    /// <summary>The validation images are shared out by position, like a batch; each image's loss is the same whoever computes it.</summary>
    private double ValidationLoss()
    {
        using var inference = inference_mode(true);
        int count = _split.Validation.Count;
        if (Options.ValidationImages > 0)
            count = Math.Min(count, Options.ValidationImages);
        var (offset, size) = new TrainerShare(_collective.Rank, _collective.Size).Of(count);
        var sum = zeros(1, ScalarType.Float64);
        for (int first = offset; first < offset + size; first += Options.BatchSize)
        {
            using var scope = NewDisposeScope();
            int[] images = [.. _split.Validation.Skip(first).Take(Math.Min(Options.BatchSize, offset + size - first))];
            RandomStream[] streams = [.. images.Select((_, i) => new RandomStream(Options.Seed, "validation", first + i))];
            sum.Increase(_objective.SumOfLosses(_batches.ToTensors(_batches.Draw(images, streams, forTraining: false), 0, images.Length), dropout: null, Options.Precision).to(ScalarType.Float64, CPU));
        }
        SumOverWorkers(sum);
        return NumberOf(sum) / count;
    }

    /// <summary>A network like the trained one, in the same place and numbers.</summary>
    private EdmPreconditioning Teacher(string? weights)
    {
        if (weights == null)
            throw new RadioDiffusionException($"Training option {nameof(Options.Distillation)} asks for a student, which begins with the weights of its teacher: name that model as the one to begin with (train start --from-model).");
        var teacher = new EdmPreconditioning(_network.Options);
        try
        {
            WeightFiles.Load(teacher, weights);
            teacher.MoveTo(_device, Options.Precision == Precision.Float64 ? ScalarType.Float64 : ScalarType.Float32);
            return teacher;
        }
        catch
        {
            teacher.Dispose();
            throw;
        }
    }

    /// <summary>A number on the device. TorchSharp frees the numbers of <c>tensor * 0.5</c> while libtorch may still read them; tensors are kept.</summary>
    private Tensor NumberTensor(double value) => tensor(value, _parameters.Values.dtype, _device);

    private static double NumberOf(Tensor tensor) => tensor.to(ScalarType.Float64, CPU).data<double>()[0];
}
