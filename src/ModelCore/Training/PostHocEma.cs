using System.Globalization;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// After a training: averaged weights of any width, as a combination of the averages that the training has kept. They are kept in float32, so that one that
/// was kept is given back bit by bit; float16 would take half the room and lose some 1e-4 of each weight, twice that where coefficients of both signs meet.
/// </summary>
/// <remarks>Karras et al. (2024), Sect. 3.2 and Appendix C.</remarks>
public static class PostHocEma
{
    internal const string SigmaRelKey = "sigma_rel", IterationKey = "iteration";
    private const string Prefix = "power_ema_", Extension = ".safetensors";

    /// <summary>The file of the average of a width.</summary>
    public static string FileNameOf(double sigmaRel) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{sigmaRel:R}{Extension}");

    /// <summary>Writes weights.safetensors and model.json of a snapshot.</summary>
    /// <param name="directories">Where averages were stored, one directory an iteration. Those after <paramref name="iteration"/> do not count.</param>
    /// <param name="sigmaRel">The relative width wanted, 0.01 to 0.25.</param>
    /// <param name="iteration">The end of the average wanted: that of one of the directories.</param>
    /// <param name="target">Where to.</param>
    /// <exception cref="RadioDiffusionException">No averages of this iteration; a width is out of range; files are damaged or of different networks.</exception>
    public static ProfileFit Reconstruct(IReadOnlyList<string> directories, double sigmaRel, long iteration, string target)
    {
        PowerFunctionProfile.GammaOf(sigmaRel);              // is it in range?
        var stored = new List<StoredAverage>();
        try
        {
            foreach (string file in directories.SelectMany(directory => Directory.GetFiles(directory, Prefix + "*" + Extension).Order(StringComparer.Ordinal)))
                stored.Add(StoredAverage.Open(file));
            if (stored.Find(average => average.Profile.Time == iteration) is not { } last)
                throw new RadioDiffusionException($"There are no stored averages of iteration {iteration}: there are those of {string.Join(", ", stored.Select(average => average.Profile.Time).Distinct().Order())}.");
            StoredAverage[] counting = [.. stored.Where(average => average.Profile.Time <= iteration)];
            var fit = ProfileFit.Solve([.. counting.Select(average => average.Profile)], new PowerFunctionProfile(sigmaRel, iteration));
            Directory.CreateDirectory(target);
            WriteCombination(counting, fit.Coefficients, Path.Combine(target, SnapshotDescription.WeightsFileName));
            SnapshotDescription.Read(Path.GetDirectoryName(last.File.Path)!).Write(target);
            return fit;
        }
        finally
        {
            foreach (var average in stored)
                average.File.Dispose();
        }
    }

    private static void WriteCombination(IReadOnlyList<StoredAverage> averages, IReadOnlyList<double> coefficients, string path)
    {
        var tensors = averages[0].File.Entries.Values.ToList();
        foreach (var average in averages)
            average.RequireTensors(tensors, averages[0].File.Path);
        DurableFiles.Replace(path, stream =>
        {
            using var writer = new SafetensorsWriter(stream, tensors.Select(tensor => (tensor.Name, "F32", tensor.Shape)), leaveOpen: true);
            foreach (var tensor in tensors)
            {
                double[] sum = new double[tensor.ElementCount];
                for (int i = 0; i < averages.Count; i++)
                {
                    if (coefficients[i] != 0)
                        averages[i].AddTo(sum, tensor.Name, coefficients[i]);
                }
                writer.Write<float>(Array.ConvertAll(sum, value => (float)value));
            }
            writer.Complete();
        });
    }

    private sealed record StoredAverage(PowerFunctionProfile Profile, SafetensorsFile File)
    {
        public static StoredAverage Open(string path)
        {
            var file = SafetensorsFile.Open(path);
            if (double.TryParse(file.Metadata.GetValueOrDefault(SigmaRelKey), CultureInfo.InvariantCulture, out double width) && PowerFunctionProfile.IsWidth(width)
                && long.TryParse(file.Metadata.GetValueOrDefault(IterationKey), CultureInfo.InvariantCulture, out long iteration) && iteration > 0)
                return new StoredAverage(new PowerFunctionProfile(width, iteration), file);
            file.Dispose();
            throw new RadioDiffusionException($"{path} should say in its header of which '{SigmaRelKey}' and '{IterationKey}' its average is, but it does not: it is damaged, or not one that a training has kept.");
        }

        public void RequireTensors(List<SafetensorsEntry> expected, string of)
        {
            bool isSame = File.Entries.Count == expected.Count
                && expected.TrueForAll(tensor => File.Entries.TryGetValue(tensor.Name, out var found) && found.Shape.AsSpan().SequenceEqual(tensor.Shape));
            if (!isSame)
                throw new RadioDiffusionException($"{File.Path} and {of} should hold averages of one network, but their tensors differ.");
        }

        public void AddTo(double[] sum, string tensor, double coefficient)
        {
            if (File.Entry(tensor).DataType == "F64")        // of a training in float64
            {
                Add<double>(sum, tensor, coefficient);
                return;
            }
            Add<float>(sum, tensor, coefficient);
        }

        private void Add<T>(double[] sum, string tensor, double coefficient)
            where T : unmanaged, System.Numerics.INumber<T>
        {
            var values = File.Values<T>(tensor);
            for (int i = 0; i < sum.Length; i++)
                sum[i] += coefficient * double.CreateChecked(values[i]);
        }
    }
}
