using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Evaluation.Plots;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`model nearest`: whether a model has learned its training images by heart.</summary>
internal static class ModelNearestCommand
{
    private const int Shown = 16, Columns = 8;
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the model." };
    private static readonly Option<string> _dataset = new("--dataset") { Description = "Name of the data set that it was trained on.", Required = true };
    private static readonly Option<int> _count = new Option<int>("--count") { Description = "How many samples, and as many images of the data set, are compared with it.", DefaultValueFactory = _ => 100 }.AtLeast(1);
    private static readonly Option<string?> _out = new("--out") { Description = "A PNG of samples, each above the image of the data set that is most like it.", HelpName = "FILE.png" };

    public static Command Build()
    {
        var command = new Command("nearest",
            "The most similar image of the data set for each of some samples, by structural similarity along principal axes (the paper's Appendix A), beside the same for the set's own images.")
            .With(_name, _dataset, _count, _out);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var model = await session.Grains.Model(parsed.GetValue(_name)!).GetAsync(cancellationToken);
        await using var details = await DatasetDetails.OpenAsync(session, parsed.GetValue(_dataset)!, cancellationToken);
        var set = details.Set;
        if (set.ImageSize != model.ImageSize || set.ImageChannels != 1)
            throw new UserErrorException(ErrorKind.Invalid, "--dataset", $"The images of the data set should have {model.ImageSize} pixels a side and one channel, as the model's, but they have {set.ImageSize} and {set.ImageChannels}.");
        if (set.Count < 2)
            throw new UserErrorException(ErrorKind.Invalid, "--dataset", $"The data set should have at least 2 images, so that its own can be compared with each other, but it has {set.Count}.");
        int count = parsed.GetValue(_count);
        float[][] samples = await SamplesAsync(session, model, count, output, cancellationToken);
        output.Message($"  comparing with {set.Count} images");
        float[][] images = [.. Enumerable.Range(0, set.Count).Select(i => Unit(set.Image(i).ToArray()))];
        var nearest = new NearestImages(images, set.ImageSize);
        var ofSamples = samples.AsParallel().AsOrdered().WithCancellation(cancellationToken).Select(sample => nearest.Of(sample)).ToArray();
        int step = Math.Max(1, set.Count / count);
        var ofImages = Enumerable.Range(0, Math.Min(count, set.Count)).AsParallel().WithCancellation(cancellationToken).Select(i => nearest.Of(images[i * step], except: i * step)).ToArray();
        Summary generated = Summary.Of(ofSamples), real = Summary.Of(ofImages);
        if (parsed.GetValue(_out) is { } file)
            WholeFile.Write(file, Sheet(samples, images, ofSamples, set.ImageSize).ToPng());
        output.Result(new { model.Name, model.Digest, Samples = count, Generated = generated, Real = real }, console =>
        {
            var table = new Table().AddColumns("Similarity to the nearest image of the set", "median", "95 %", "largest");
            table.AddRow(["samples", .. generated.Cells()]);
            table.AddRow(["the set's own images, to another one", .. real.Cells()]);
            console.Write(table);
        });
        return ExitCode.Done;
    }

    private static async Task<float[][]> SamplesAsync(Session session, ModelEntry model, int count, Output output, CancellationToken cancellationToken)
    {
        ulong[] seeds = [.. Enumerable.Range(1, count).Select(seed => (ulong)seed)];
        double[]? fluxes = model.NeedsFlux ? await SampleFluxes.DrawAsync(session, model, seeds, cancellationToken) : null;
        string[] ids = [.. seeds.Select((seed, i) => SampleIds.For(model, new SampleParameters(model.Name, model.Classes.Count > 0 ? model.Classes[i % model.Classes.Count] : null, fluxes?[i], Seed: seed)))];
        var pixels = new Dictionary<string, float[]>();
        using var scratch = session.Artifacts.CreateScratchDirectory();
        await foreach (var fetched in session.Grains.FetchSamplesAsync(ids, cancellationToken))
        {
            if (fetched.Error is { } error)
                throw error;
            pixels[fetched.Id] = Unit(Read(fetched.Sample!.Fits!, Path.Combine(scratch.Path, "sample.fits")));
            if (pixels.Count % Math.Max(1, count / 10) == 0)
                output.Message($"  samples: {pixels.Count} of {count}");
        }
        return [.. ids.Select(id => pixels[id])];
    }

    private static float[] Read(byte[] fits, string path)
    {
        File.WriteAllBytes(path, fits);
        using var file = FitsFile.Open(path);
        var image = file.FirstImage();
        float[] pixels = new float[image.Width * image.Height];
        image.ReadPixels(0, 0, image.Width, image.Height, pixels);
        return pixels;
    }

    private static float[] Unit(float[] pixels)
    {
        PrincipalAxis.ToUnit(pixels);
        return pixels;
    }

    /// <summary>Those that are most like an image of the set come first.</summary>
    private static Drawing Sheet(float[][] samples, float[][] images, NearestImage[] nearest, int side)
    {
        int[] order = [.. Enumerable.Range(0, samples.Length).OrderByDescending(i => nearest[i].Similarity).Take(Shown)];
        var sections = order.Chunk(Columns).SelectMany(row => new[]
        {
            new ImageSection("Samples", [.. row.Select(i => new LabelledImage(samples[i], FormattableString.Invariant($"seed {i + 1}")))]),
            new ImageSection("The images of the data set that are most like them", [.. row.Select(i => new LabelledImage(images[nearest[i].Index], FormattableString.Invariant($"SSIM {nearest[i].Similarity:0.00}")))]),
        });
        return ImageSheet.Draw([.. sections], side, Columns, $"{Picture.Stretch}. Similarity along principal axes.");
    }

    private sealed record Summary(double Median, double Percentile95, double Largest)
    {
        public static Summary Of(NearestImage[] nearest)
        {
            double[] sorted = [.. nearest.Select(one => one.Similarity).Order()];
            return new Summary(sorted[sorted.Length / 2], sorted[(int)(0.95 * (sorted.Length - 1))], sorted[^1]);
        }

        public string[] Cells() => [.. new[] { Median, Percentile95, Largest }.Select(value => FormattableString.Invariant($"{value:0.000}"))];
    }
}
