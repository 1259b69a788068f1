using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using RadioDiffusion.Client.Commands;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Client.Demo;

/// <summary>Gathers what the demo's report shows out of the store.</summary>
internal sealed class DemoReport(DemoPlan plan, IReadOnlyList<SampleStatus> shipped, DatasetStatus dataset, TrainingStatus training, long? killedAt, IReadOnlyList<SampleStatus> samples,
    IReadOnlyList<(string Step, TimeSpan Duration)> steps)
{
    private const int Zoom = 2;
    private const int Columns = 4;
    private const int ShippedSide = 80;                      // pixels, of the images of the model that comes with the program

    /// <summary>Peak fluxes (mJy/beam) of training images, evenly over the range: what the generated ones are conditioned on.</summary>
    public static double[] FluxesOf(TrainingSetReader set, int count) =>
        [.. ImagesFor(set, count).Select(image => RoundedTo3Digits(set.PeakFlux(image) * 1000.0))];

    public async Task WriteAsync(IArtifactStore store, CancellationToken cancellationToken)
    {
        using var set = TrainingSetReader.Open(await store.GetDirectoryAsync(dataset.Artifact!, cancellationToken));
        var losses = LossHistory.Read(await store.GetDirectoryAsync(training.Checkpoint!.Artifact, cancellationToken));
        int side = set.ImageSize;
        float[][] real = [.. ImagesFor(set, samples.Count).Select(image => set.Channel(image, 0).ToArray())];
        float[][] generated = [.. samples.Select(sample => PixelsOf(plan.SamplesFolder, sample, side))];
        HtmlReport.Write(plan.Report, new ReportContents
        {
            Title = "Radio galaxies, simulated and generated",
            Introduction = plan.Mosaics == null
                ? "A small simulated survey (four LoTSS-like mosaics) was cut into a training set; a diffusion model was trained on it for a few minutes, killed half-way and resumed; and these galaxies were asked for by ID. A short training: with more iterations the images get better."
                : "Your survey was cut into a training set; a small diffusion model was trained on it for a few minutes, killed half-way and resumed; and these galaxies were asked for by ID.",
            Steps = steps,
            Images =
            [
                new ReportImages(plan.Mosaics == null ? "Simulated survey" : "Your survey", "Cut-outs of the training set, 80 x 80 pixels, each stretched to its own peak.",
                    Picture.Grid(real, side, Columns, Zoom), $"{real.Length} cut-outs of radio sources from the survey"),
                new ReportImages("Generated", "Samples at the same peak fluxes, in the same order and stretch.",
                    Picture.Grid(generated, side, Columns, Zoom), $"{generated.Length} radio sources made by the diffusion model"),
                new ReportImages("From the model that comes with the program", $"{DemoPlan.ShippedModel}, trained for longer, on labelled FIRST images: {string.Join(", ", shipped.Select(sample => SampleId.Parse(sample.Id).Class))}.",
                    Picture.Grid([.. shipped.Select(sample => PixelsOf(plan.ShippedFolder, sample, ShippedSide))], ShippedSide, Columns, Zoom), $"{shipped.Count} radio galaxies of different classes"),
            ],
            Selection = DatasetCommand.SelectionTable(dataset),
            Losses = new LossCurve
            {
                Training = [.. losses.Training.Select(point => new LossPoint(point.Iteration, point.Loss))],
                Validation = [.. losses.Validation.Select(point => new LossPoint(point.Iteration, point.EmaLoss))],
                KilledAt = killedAt,
                ResumedAt = training.Resumptions,
            },
            Samples = [.. samples.Select(sample => (sample.Id, $"samples/{sample.Id}.png", $"samples/{sample.Id}.fits"))],
            Numbers = [.. Numbers(real, generated)],
            Recipe = [.. Recipe()],
        });
    }

    /// <summary>Images at even ranks of peak flux, from faint to bright.</summary>
    private static IEnumerable<int> ImagesFor(TrainingSetReader set, int count)
    {
        int[] byFlux = [.. Enumerable.Range(0, set.Count).OrderBy(set.PeakFlux)];
        return Enumerable.Range(0, count).Select(i => byFlux[(int)((i + 0.5) / count * byFlux.Length)]);
    }

    private static IEnumerable<(string Name, string Real, string Generated)> Numbers(float[][] real, float[][] generated)
    {
        string Text(float[][] images, Func<float[], double> measure) =>
            string.Create(CultureInfo.InvariantCulture, $"{images.Average(measure) * 1000:0.000}");
        yield return ("Mean pixel, mJy/beam", Text(real, Mean), Text(generated, Mean));
        yield return ("Standard deviation of the pixels, mJy/beam", Text(real, Deviation), Text(generated, Deviation));
        yield return ("Largest pixel, mJy/beam", Text(real, image => image.Max()), Text(generated, image => image.Max()));
    }

    private IEnumerable<(string Name, string Value)> Recipe()
    {
        yield return ("Data set", dataset.Artifact!);
        yield return ("Model", training.Snapshot!);
        yield return ("Preset", training.Request!.Preset);
        yield return ("Iterations", training.TotalIterations.ToString(CultureInfo.InvariantCulture));
        yield return ("Seed", plan.Seed.ToString(CultureInfo.InvariantCulture));
        yield return ("Program", $"RadioDiffusion {typeof(DemoReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}");
        yield return ("Runtime", $"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores");
    }

    private static float[] PixelsOf(string folder, SampleStatus sample, int side)
    {
        using var file = FitsFile.Open(Path.Combine(folder, $"{sample.Id}.fits"));
        float[] pixels = new float[side * side];
        file.FirstImage().ReadPixels(0, 0, side, side, pixels);
        return pixels;
    }

    private static double Mean(float[] image) => image.Average(pixel => (double)pixel);

    private static double Deviation(float[] image)
    {
        double mean = Mean(image);
        return Math.Sqrt(image.Average(pixel => (pixel - mean) * (pixel - mean)));
    }

    private static double RoundedTo3Digits(double value)
    {
        double scale = Math.Pow(10, 2 - Math.Floor(Math.Log10(value)));
        return Math.Round(value * scale) / scale;
    }
}
