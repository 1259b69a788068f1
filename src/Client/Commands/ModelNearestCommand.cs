using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Sampling;
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
        int step = Math.Max(1, set.Count / count);
        int[] own = [.. Enumerable.Range(0, Math.Min(count, set.Count)).Select(i => i * step)];
        void Read(int index, Span<float> pixels)
        {
            set.Image(index).CopyTo(pixels);
            PrincipalAxis.ToUnit(pixels);
        }

        float[] Image(int index)
        {
            float[] pixels = new float[set.ImageSize * set.ImageSize];
            Read(index, pixels);
            return pixels;
        }

        // All together, so that the set is read and turned once.
        float[][] all = [.. samples, .. own.Select(Image)];
        int[] except = [.. samples.Select(_ => -1), .. own];
        var nearest = await Task.Run(() => NearestImages.Of(all, set.Count, Read, set.ImageSize, except: except, cancellationToken: cancellationToken), cancellationToken);
        NearestImage?[] ofSamples = [.. nearest.Take(samples.Length).Select(First)], ofImages = [.. nearest.Skip(samples.Length).Select(First)];
        Summary generated = Summary.Of(ofSamples, "the samples"), real = Summary.Of(ofImages, "the data set");
        if (parsed.GetValue(_out) is { } file)
            WholeFile.Write(file, Sheet(samples, Image, ofSamples, set.ImageSize).ToPng());
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
        await foreach (var fetched in session.Grains.FetchSamplesAsync(ids, cancellationToken))
        {
            if (fetched.Error is { } error)
                throw error;
            pixels[fetched.Id] = Unit(StoredSamples.Pixels(fetched.Sample!.Fits!, model.ImageSize));
            if (pixels.Count % Math.Max(1, count / 10) == 0)
                output.Message($"  samples: {pixels.Count} of {count}");
        }
        return [.. ids.Select(id => pixels[id])];
    }

    private static float[] Unit(float[] pixels)
    {
        PrincipalAxis.ToUnit(pixels);
        return pixels;
    }

    private static NearestImage? First(NearestImage[] found) => found.Length > 0 ? found[0] : null;

    /// <summary>Those that are most like an image of the set come first.</summary>
    private static Drawing Sheet(float[][] samples, Func<int, float[]> image, NearestImage?[] nearest, int side)
    {
        int[] order = [.. Enumerable.Range(0, samples.Length).Where(i => nearest[i] != null).OrderByDescending(i => nearest[i]!.Value.Similarity).Take(Shown)];
        var sections = order.Chunk(Columns).SelectMany(row => new[]
        {
            new ImageSection("Samples", [.. row.Select(i => new LabelledImage(samples[i], FormattableString.Invariant($"seed {i + 1}")))]),
            new ImageSection("The images of the data set that are most like them", [.. row.Select(i => new LabelledImage(image(nearest[i]!.Value.Index), FormattableString.Invariant($"SSIM {nearest[i]!.Value.Similarity:0.00}")))]),
        });
        return ImageSheet.Draw([.. sections], side, Columns, $"{Picture.Stretch}. Similarity along principal axes.");
    }

    private sealed record Summary(double Median, double Percentile95, double Largest)
    {
        /// <param name="nearest">Null for an image that is like none, since a pixel of it is not a number.</param>
        public static Summary Of(NearestImage?[] nearest, string what)
        {
            double[] sorted = [.. nearest.OfType<NearestImage>().Select(one => one.Similarity).Order()];
            return sorted.Length > 0
                ? new Summary(sorted[sorted.Length / 2], sorted[(int)(0.95 * (sorted.Length - 1))], sorted[^1])
                : throw new UserErrorException(ErrorKind.Invalid, what, $"All pixels of {what} should be numbers, but each image has some that are not, or each of the data set has.");
        }

        public string[] Cells() => [.. new[] { Median, Percentile95, Largest }.Select(value => FormattableString.Invariant($"{value:0.000}"))];
    }
}
