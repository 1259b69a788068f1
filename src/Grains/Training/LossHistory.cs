using System.Globalization;
using System.Text;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Training;

/// <summary>The losses of a run up to its checkpoint, kept in the checkpoint, in the published code's files and columns.</summary>
public sealed class LossHistory
{
    public const string TrainingFile = "losses_train.csv";
    public const string ValidationFile = "losses_val.csv";

    private readonly List<(long Iteration, double Loss)> _training = [];
    private readonly List<(long Iteration, double Loss, double EmaLoss)> _validation = [];

    public IReadOnlyList<(long Iteration, double Loss)> Training => _training;

    public IReadOnlyList<(long Iteration, double Loss, double EmaLoss)> Validation => _validation;

    public void Add(long iteration, double loss) => _training.Add((iteration, loss));

    public void AddValidation(long iteration, double loss, double emaLoss) => _validation.Add((iteration, loss, emaLoss));

    public void Write(string directory)
    {
        var text = new StringBuilder("iteration;loss\n");
        foreach (var (iteration, loss) in _training)
            text.Append(CultureInfo.InvariantCulture, $"{iteration};{loss:R}\n");
        File.WriteAllText(Path.Combine(directory, TrainingFile), text.ToString());
        text.Clear().Append("iteration;loss;ema_loss\n");
        foreach (var (iteration, loss, emaLoss) in _validation)
            text.Append(CultureInfo.InvariantCulture, $"{iteration};{loss:R};{emaLoss:R}\n");
        File.WriteAllText(Path.Combine(directory, ValidationFile), text.ToString());
    }

    public static LossHistory Read(string directory) => Of(File.ReadLines(Path.Combine(directory, TrainingFile)), File.ReadLines(Path.Combine(directory, ValidationFile)));

    /// <summary>That of a checkpoint, whose weights are not fetched for it.</summary>
    /// <exception cref="RadioDiffusionException">There is no such artifact, or it is no checkpoint.</exception>
    public static async Task<LossHistory> ReadAsync(IArtifactStore store, string checkpoint, CancellationToken cancellationToken) =>
        Of(await LinesAsync(store, checkpoint, TrainingFile, cancellationToken), await LinesAsync(store, checkpoint, ValidationFile, cancellationToken));

    private static LossHistory Of(IEnumerable<string> training, IEnumerable<string> validation)
    {
        var history = new LossHistory();
        foreach (double[] row in Rows(training))
            history.Add((long)row[0], row[1]);
        foreach (double[] row in Rows(validation))
            history.AddValidation((long)row[0], row[1], row[2]);
        return history;
    }

    private static async Task<string[]> LinesAsync(IArtifactStore store, string checkpoint, string file, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(await store.OpenReadAsync(checkpoint, file, cancellationToken));
        return (await reader.ReadToEndAsync(cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static IEnumerable<double[]> Rows(IEnumerable<string> lines) => lines.Skip(1)
        .Select(line => line.Split(';').Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray());
}
