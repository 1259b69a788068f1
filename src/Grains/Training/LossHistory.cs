using System.Globalization;
using System.Text;

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

    public static LossHistory Read(string directory)
    {
        var history = new LossHistory();
        foreach (double[] row in Rows(Path.Combine(directory, TrainingFile)))
            history.Add((long)row[0], row[1]);
        foreach (double[] row in Rows(Path.Combine(directory, ValidationFile)))
            history.AddValidation((long)row[0], row[1], row[2]);
        return history;
    }

    private static IEnumerable<double[]> Rows(string path) => File.ReadLines(path).Skip(1)
        .Select(line => line.Split(';').Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray());
}
