using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Evaluation;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Classification;
using RadioDiffusion.ModelCore.Evaluation.Comparison;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Evaluation;

/// <summary>Compares two sets: samples where they are asked for, measurements and classes by the grains of parts of the sets, numbers and report.</summary>
/// <remarks>Runs in the turns of the evaluation's grain; the heavy steps are handed to the silo's CPU threads.</remarks>
internal sealed class EvaluationRunner(IArtifactStore store, IDeviceSlots devices, SnapshotDescriptions snapshots, SampleSets samples)
{
    private const int ShardImages = 250, ShardsInFlight = 8, Attempts = 3;
    private const int AlgorithmVersion = 1;
    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(2);

    /// <param name="request">What to compare.</param>
    /// <param name="grains">Where the parts' grains are.</param>
    /// <param name="change">Gets each phase, with how many of how many are done in it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="UserErrorException">A set or model is not there, or they do not go together.</exception>
    public async Task<EvaluationOutcome> RunAsync(EvaluationRequest request, IGrainFactory grains, Action<string, int, int> change, CancellationToken cancellationToken)
    {
        Check(request);
        var real = await DatasetAsync(request.Real, grains, cancellationToken);
        var classifier = request.Classifier == null ? null : await ClassifierAsync(request.Classifier, real, grains, cancellationToken);
        CompatibleWith(real, classifier);
        var augmented = request.Augmented == null ? null : await ClassifierAsync(request.Augmented, real, grains, cancellationToken);
        CompatibleWith(real, augmented);
        var generated = request.Model.Length > 0
            ? await samples.MakeAsync(Wish(request, request.Count, request.Guidance), grains, change, cancellationToken)
            : await DatasetAsync(request.Generated, grains, cancellationToken);
        if (generated.Side != real.Side)
            throw new UserErrorException(ErrorKind.Invalid, generated.Name, $"The images of both sets should have the same size, but those of {real.Name} have {real.Side} pixels a side and those of {generated.Name} {generated.Side}.");
        var table = new List<(double Guidance, StoredSet Set)>();
        foreach (double guidance in request.GuidanceTable?.Items ?? [])
            table.Add((guidance, await samples.MakeAsync(Wish(request, request.GuidanceCount, guidance), grains, change, cancellationToken)));

        var recipe = RecipeOf(request, real, generated, classifier, augmented, table);
        if (await store.FindAsync(recipe.Id, cancellationToken) != null)
            return new EvaluationOutcome(recipe.Id, generated.Artifact, true);
        string[] measured = await FanOutAsync($"measuring {real.Name}", real, request, null, grains, change, cancellationToken);
        string[] generatedMeasured = await FanOutAsync($"measuring {generated.Name}", generated, request, null, grains, change, cancellationToken);
        string[]? classified = null, generatedClassified = null;
        var tableClassified = new List<string[]>();
        if (classifier != null)
        {
            classified = await FanOutAsync($"classifying {real.Name}", real, request, classifier.Snapshot, grains, change, cancellationToken);
            generatedClassified = await FanOutAsync($"classifying {generated.Name}", generated, request, classifier.Snapshot, grains, change, cancellationToken);
            foreach (var (guidance, set) in table)
                tableClassified.Add(await FanOutAsync(FormattableString.Invariant($"classifying samples of guidance strength {guidance}"), set, request, classifier.Snapshot, grains, change, cancellationToken));
        }
        string[]? augmentedClassified = augmented == null ? null : await FanOutAsync($"classifying {real.Name} with {augmented.Name}", real, request, augmented.Snapshot, grains, change, cancellationToken);
        using var scratch = store.CreateScratchDirectory();
        var work = devices.Cpu.RunAsync(
            () =>
            {
                using var realSet = TrainingSetReader.Open(real.Directory);
                using var generatedSet = TrainingSetReader.Open(generated.Directory);
                SetComparison.Write(
                    new MeasuredSet(realSet, real.Name, real.Origin, real.Artifact, real.Digest, ImageMeasurements.Concat([.. measured.Select(ImageMeasurements.Read)]), Classified(classified)),
                    new MeasuredSet(generatedSet, generated.Name, generated.Origin, generated.Artifact, generated.Digest, ImageMeasurements.Concat([.. generatedMeasured.Select(ImageMeasurements.Read)]), Classified(generatedClassified)),
                    classifier?.Comparison, GuidanceSets(table, tableClassified),
                    augmented == null ? null : new AugmentedClassifier(augmented.Name, augmented.Comparison.Digest, augmented.Comparison.Classes, Classified(augmentedClassified)!), request.Nearest, request.Seed, [], RecipeLines(request, real, generated, classifier, recipe.Id), scratch.Path, ct: cancellationToken);
            },
            cancellationToken);
        change("comparing", 0, 0);
        await work;
        await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
        return new EvaluationOutcome(recipe.Id, generated.Artifact, false);
    }

    private static void Check(EvaluationRequest request)
    {
        void Require(bool condition, string subject, string problem)
        {
            if (!condition)
                throw new UserErrorException(ErrorKind.Invalid, subject, problem);
        }
        Require(request.Generated.Length > 0 != request.Model.Length > 0, "generated", "Either a data set of generated images or a model should be named, and not both.");
        Require(request.Count is >= 2 and <= 10_000_000, "count", $"The number of samples should be from 2 to 10,000,000, but it is {request.Count}.");
        Require(request.GuidanceCount is >= 2 and <= 10_000_000, "guidance table", $"The number of samples of a guidance strength should be from 2 to 10,000,000, but it is {request.GuidanceCount}.");
        Require(request.Nearest >= 0, "nearest", $"The number of images whose nearest ones are looked for should be 0 or more, but it is {request.Nearest}.");
        Require(request.GuidanceTable == null || request.Model.Length > 0, "guidance table", "A table of guidance strengths is made of a model's samples: name a model, not a data set.");
        Require(request.Augmented == null || request.Classifier != null, "augmented", "A classifier that was trained with generated images is compared with one that was not: name both.");
        Require(request.GuidanceTable == null || request.Classifier != null, "guidance table", "A table of accuracies needs a classifier.");
    }

    private async Task<StoredSet> DatasetAsync(string name, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var status = await grains.Dataset(name).GetStatusAsync(cancellationToken);
        if (status.Artifact is not { } artifact || status.Digest is not { } digest)
            throw new UserErrorException(ErrorKind.NotFound, name, $"Data set '{name}' is not there to be compared (its state is {status.State}).");
        return await StoredSet.OpenAsync(store, name, "data set", artifact, digest, cancellationToken);
    }

    private async Task<StoredClassifier> ClassifierAsync(string name, StoredSet real, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var entry = await grains.Model(name).GetAsync(cancellationToken);
        var description = await snapshots.GetAsync(entry.Digest, cancellationToken);
        if (description.Network.Kind != NetworkKind.Classifier)
            throw new UserErrorException(ErrorKind.Invalid, name, $"Model '{name}' makes images, but a classifier is needed here: train one with 'radiodiffusion train start NAME --dataset {real.Name} --preset classifier'.");
        var manifest = await store.FindAsync(entry.Snapshot, cancellationToken);
        return new StoredClassifier(name, entry.Snapshot, description, new ComparisonClassifier(name, entry.Digest, description.Classes, HeldOut(manifest!.Recipe, real)));
    }

    private static SampleSetWish Wish(EvaluationRequest request, int count, double guidance) =>
        new(request.Model, count, guidance, request.Solver, request.Steps, request.Precision, request.Seed);

    /// <summary>Which images of the real set it has not seen, as its recipe says; null if it was trained on another set.</summary>
    private static IReadOnlyList<int>? HeldOut(Recipe recipe, StoredSet real)
    {
        if (recipe.Inputs.GetValueOrDefault("dataset") != real.Digest || recipe.Parameters["training"] is not JsonObject training)
            return null;
        return HeldOutImages.Of(real.Images, training[nameof(TrainingOptions.ValidationFraction)]!.GetValue<double>(), training[nameof(TrainingOptions.Seed)]!.GetValue<ulong>());
    }

    private static void CompatibleWith(StoredSet real, StoredClassifier? classifier)
    {
        if (classifier?.Description.Network is { } network && (network.ImageSize != real.Side || network.ImageChannels != 1))
            throw new UserErrorException(ErrorKind.Invalid, classifier.Name, $"Classifier '{classifier.Name}' is for images of {network.ImageSize} pixels a side and {network.ImageChannels} channels, but those that are compared have {real.Side} and one.");
    }

    /// <summary>Lets the grains of all parts of a set work, some at a time.</summary>
    /// <returns>The folders of what they found, in the order of the parts.</returns>
    private async Task<string[]> FanOutAsync(string phase, StoredSet set, EvaluationRequest request, string? classifier, IGrainFactory grains, Action<string, int, int> change, CancellationToken cancellationToken)
    {
        ImageShardRequest[] parts = [.. Enumerable.Range(0, (set.Images + ShardImages - 1) / ShardImages).Select(i => new ImageShardRequest
        {
            Artifact = set.Artifact,
            Digest = set.Digest,
            First = i * ShardImages,
            Count = Math.Min(ShardImages, set.Images - (i * ShardImages)),
            Seed = classifier == null ? request.Seed : 0,
            Classifier = classifier,
            PublishedA50 = classifier == null && request.PublishedA50,
        })];
        string[] found = new string[parts.Length];
        int[] done = new int[parts.Length];
        int next = 0;

        async Task WorkAsync()
        {
            while (next < parts.Length)
            {
                int index = next++;
                found[index] = await PartAsync(parts[index], grains, images =>
                {
                    done[index] = images;
                    change(phase, done.Sum(), set.Images);
                }, cancellationToken);
            }
        }

        change(phase, 0, set.Images);
        await Task.WhenAll(Enumerable.Range(0, ShardsInFlight).Select(_ => WorkAsync()));      // in the grain's turns: no lock is needed
        var directories = new List<string>();
        foreach (string artifact in found)
            directories.Add(await store.GetDirectoryAsync(artifact, cancellationToken));
        return [.. directories];
    }

    private static async Task<string> PartAsync(ImageShardRequest part, IGrainFactory grains, Action<int> progress, CancellationToken cancellationToken)
    {
        string key = $"{part.Artifact}/{part.First}-{part.Count}/{(part.Classifier == null ? FormattableString.Invariant($"{part.Seed}{(part.PublishedA50 ? "-published" : "")}") : SnapshotNames.DigestOf(part.Classifier))}";
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                var status = part.Classifier == null ? await grains.GetGrain<IMeasuringGrain>(key).StartAsync(part, cancellationToken) : await grains.GetGrain<IClassifyingGrain>(key).StartAsync(part, cancellationToken);
                while (status.State == WorkState.Running)
                {
                    status = part.Classifier == null ? await grains.GetGrain<IMeasuringGrain>(key).WaitAsync(_wait, cancellationToken) : await grains.GetGrain<IClassifyingGrain>(key).WaitAsync(_wait, cancellationToken);
                    progress(status.ImagesDone);
                }
                if (status.State == WorkState.Done)
                    return Told(status, part, progress);
                if (attempt == Attempts)
                    throw new UserErrorException(ErrorKind.Failed, key, $"Images {part.First} to {part.First + part.Count - 1} could not be worked on: {status.Error ?? $"their grain is {status.State}"}");
            }
            catch (Exception error) when (error is OrleansException or TimeoutException && attempt < Attempts)
            {
                // The silo of this part is gone or slow: the grain comes up elsewhere and starts anew, or finds what was done.
            }
        }
    }

    private static string Told(ImageShardStatus status, ImageShardRequest part, Action<int> progress)
    {
        progress(part.Count);
        return status.Artifact!;
    }

    private static ClassifiedImage?[]? Classified(string[]? directories) => directories == null ? null : [.. directories.SelectMany(ClassifiedImages.Read)];

    private static GuidanceSet[] GuidanceSets(List<(double Guidance, StoredSet Set)> table, List<string[]> classified) =>
    [
        .. table.Zip(classified, (line, directories) =>
        {
            using var set = TrainingSetReader.Open(line.Set.Directory);
            return new GuidanceSet(line.Guidance, set.ClassCount == 0 ? [] : [.. Enumerable.Range(0, set.Count).Select(set.Label)], set.ClassCount == 0 ? [] : Classified(directories)!);
        }),
    ];

    private static Recipe RecipeOf(EvaluationRequest request, StoredSet real, StoredSet generated, StoredClassifier? classifier, StoredClassifier? augmented, List<(double Guidance, StoredSet Set)> table)
    {
        var recipe = new Recipe
        {
            Kind = "evaluation",
            AlgorithmVersion = AlgorithmVersion,
            Inputs = new() { ["real"] = real.Digest, ["generated"] = generated.Digest },
            Parameters = new JsonObject { ["seed"] = request.Seed, ["nearest"] = request.Nearest, ["publishedA50"] = request.PublishedA50, ["realName"] = real.Name, ["generatedName"] = generated.Name },
        };
        if (classifier != null)
        {
            recipe.Inputs["classifier"] = classifier.Comparison.Digest;
            recipe.Parameters["classifierName"] = classifier.Name;
        }
        if (augmented != null)
        {
            recipe.Inputs["augmented"] = augmented.Comparison.Digest;
            recipe.Parameters["augmentedName"] = augmented.Name;
        }
        foreach (var (guidance, set) in table)
            recipe.Inputs[FormattableString.Invariant($"guidance/{guidance}")] = set.Digest;
        return recipe;
    }

    private static (string Name, string Value)[] RecipeLines(EvaluationRequest request, StoredSet real, StoredSet generated, StoredClassifier? classifier, string id) =>
    [
        ("Real set", $"{real.Name}: {real.Artifact}"),
        ("Generated set", $"{generated.Name}: {generated.Artifact}"),
        .. request.Model.Length > 0 ? new[] { ("Samples", FormattableString.Invariant($"{request.Count} of model {request.Model}, guidance strength {request.Guidance}, {request.Solver} in {request.Steps} steps, {request.Precision}, seeds {request.Seed} to {request.Seed + (ulong)request.Count - 1}")) } : [],
        .. classifier == null ? [] : new[] { ("Classifier", $"{classifier.Name}: {classifier.Snapshot}") },
        ("A50", request.PublishedA50 ? "as the published search finds it" : "exact"),
        ("Seed", FormattableString.Invariant($"{request.Seed}")),
        ("The paper's settings", "50,000 images with guidance strength 0.1 for the model of fluxes, 2,000 of each class with 0.75 for that of classes; 25 steps of Heun's method"),
        ("Evaluation", id),
        ("Program", Provenance.ThisSoftware),
        ("Runtime", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}"),
    ];

    private sealed record StoredClassifier(string Name, string Snapshot, SnapshotDescription Description, ComparisonClassifier Comparison);
}

/// <summary>What a comparison has made.</summary>
/// <param name="Artifact">The result.</param>
/// <param name="Generated">The training set of generated images.</param>
/// <param name="WasUpToDate">Whether the result was in the store already.</param>
internal sealed record EvaluationOutcome(string Artifact, string Generated, bool WasUpToDate);

/// <summary>A training set in the store, as it is compared.</summary>
/// <param name="Name">Of the data set or the model.</param>
/// <param name="Origin">In words.</param>
/// <param name="Artifact">In the store.</param>
/// <param name="Digest">Of its content.</param>
/// <param name="Directory">Where it can be read.</param>
/// <param name="Images">How many.</param>
/// <param name="Side">Pixels of an image's side.</param>
internal sealed record StoredSet(string Name, string Origin, string Artifact, string Digest, string Directory, int Images, int Side)
{
    public static async Task<StoredSet> OpenAsync(IArtifactStore store, string name, string origin, string artifact, string digest, CancellationToken cancellationToken)
    {
        string directory = await store.GetDirectoryAsync(artifact, cancellationToken);
        using var set = TrainingSetReader.Open(directory);
        return new StoredSet(name, origin, artifact, digest, directory, set.Count, set.ImageSize);
    }
}
