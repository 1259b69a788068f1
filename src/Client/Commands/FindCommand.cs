using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RadioDiffusion.ModelCore.SourceFinding;

namespace RadioDiffusion.Client.Commands;

/// <summary>`find`: the sources in an image.</summary>
internal static class FindCommand
{
    private static readonly Argument<string> _image = new("IMAGE") { Description = "FITS image with a celestial WCS, in Jy/beam (or mJy/beam, uJy/beam); of a cube the first plane." };
    private static readonly Option<string[]> _out = new("--out")
    {
        Description = "Catalogue of the sources: its name ends with .fits, .vot, .csv, .ecsv or .parquet, or with .reg for regions of ds9. May be given several times.",
        Required = true,
        HelpName = "FILE",
    };

    private static readonly Option<double> _peak = new Option<double>("--thresh-pix") { Description = "Sources have a pixel so many times the local noise above the background.", DefaultValueFactory = _ => 5, HelpName = "SIGMA" }.AtLeast(0);
    private static readonly Option<double> _island = new Option<double>("--thresh-isl") { Description = "Their islands reach down to so many times the noise.", DefaultValueFactory = _ => 3, HelpName = "SIGMA" }.AtLeast(0.1);
    private static readonly Option<(double, double, double)?> _beam = new("--beam")
    {
        Description = "The beam, where the header has none (BMAJ, BMIN, BPA): full widths at half maximum in arcsec and the position angle in degrees.",
        HelpName = "MAJ[,MIN[,PA]]",
        CustomParser = ParseBeam,
    };

    private static readonly Option<(int, int)?> _box = new("--rms-box")
    {
        Description = "Side and distance of the boxes that the noise is measured in. Default: by the size of the brightest source.",
        HelpName = "PIXELS,PIXELS",
        CustomParser = ParseBox,
    };

    private static readonly Option<string?> _model = ImageOption("--model", "Writes the Gaussians that were found as an image.");
    private static readonly Option<string?> _residual = ImageOption("--residual", "Writes the image without them.");
    private static readonly Option<string?> _rms = ImageOption("--rms", "Writes the noise as an image.");

    public static Command Build()
    {
        var command = new Command("find", "Finds sources in an image: noise, islands, Gaussians, as PyBDSF does, with the columns of its source list.")
            .With(_image, _out, _peak, _island, _beam, _box, _model, _residual, _rms);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string[] targets = parsed.GetValue(_out)!;
        foreach (string target in targets)
            SourceTable.CheckName(target);           // a name of no format is said before the work
        var image = SkyImage.Read(parsed.GetValue(_image)!, parsed.GetValue(_beam));
        var options = new SourceFinderOptions { Beam = image.Beam, IslandThreshold = parsed.GetValue(_island), PeakThreshold = parsed.GetValue(_peak), RmsBox = parsed.GetValue(_box) };
        output.Message($"{image.Path}: {image.Width} x {image.Height} pixels of {image.Wcs.PixelScaleArcsec:0.###} arcsec, beam of {image.Beam.MajorFwhm:0.##} x {image.Beam.MinorFwhm:0.##} pixels");
        var found = SourceFinder.FindInParallel(image.Pixels, image.Width, image.Height, options, new IslandProgress(output), cancellationToken);

        foreach (string target in targets)
            SourceTable.Write(target, found, image.Wcs, image.Beam, image.JanskyPerUnit);
        if (parsed.GetValue(_model) is { } modelFile)
            image.WriteLike(modelFile, found.Model());
        if (parsed.GetValue(_residual) is { } residualFile)
            image.WriteLike(residualFile, found.Residual(image.Pixels));
        if (parsed.GetValue(_rms) is { } rmsFile)
            image.WriteLike(rmsFile, found.RmsMap ?? [.. Enumerable.Repeat((float)found.Rms, image.Pixels.Length)]);

        int rejected = found.Islands.Sum(island => island.Rejections.Count), unfitted = found.Islands.Count(island => !island.HasConverged);
        var result = new
        {
            Image = image.Path,
            Islands = found.Islands.Count,
            Sources = found.Sources.Count,
            Gaussians = found.Gaussians.Count,
            RejectedGaussians = rejected,
            IslandsNotConverged = unfitted,
            Rms = found.Rms * image.JanskyPerUnit,
            Mean = found.Mean * image.JanskyPerUnit,
            HasRmsMap = found.RmsMap is not null,
            HasMeanMap = found.MeanMap is not null,
            TotalFlux = found.TotalFlux * image.JanskyPerUnit,
            Catalogues = targets,
        };
        output.Result(result, console =>
        {
            console.Line($"{result.Sources} sources of {result.Gaussians} Gaussians in {result.Islands} islands, {result.TotalFlux.ToString("g4", CultureInfo.InvariantCulture)} Jy together; noise {result.Rms.ToString("g4", CultureInfo.InvariantCulture)} Jy/beam{(result.HasRmsMap ? ", mapped" : "")}");
            if (rejected + unfitted > 0)
                console.Line($"{rejected} Gaussians were fitted and not believed, {unfitted} islands did not converge: column Rejected names the islands, the residual image shows what is missing.");
            foreach (string target in targets)
                console.Line(target);
        });
        return Task.FromResult(ExitCode.Done);
    }

    private static Option<string?> ImageOption(string name, string description) => new(name) { Description = description, HelpName = "FILE" };

    private static (double, double, double)? ParseBeam(ArgumentResult result)
    {
        double[]? numbers = Numbers(result.Tokens[0].Value);
        if (numbers is { Length: >= 1 and <= 3 } && numbers[0] > 0 && (numbers.Length < 2 || (numbers[1] > 0 && numbers[1] <= numbers[0])))
            return (numbers[0], numbers.Length > 1 ? numbers[1] : numbers[0], numbers.Length > 2 ? numbers[2] : 0);
        result.AddError($"--beam should be major axis, minor axis and position angle, such as 6 or 8.5,6,90, but is '{result.Tokens[0].Value}'.");
        return null;
    }

    private static (int, int)? ParseBox(ArgumentResult result)
    {
        double[]? numbers = Numbers(result.Tokens[0].Value);
        if (numbers is { Length: 2 } && numbers.All(number => number == Math.Floor(number)) && numbers[0] is >= 5 and <= 10_000 && numbers[1] >= 1 && numbers[1] <= numbers[0])
            return ((int)numbers[0], (int)numbers[1]);
        result.AddError($"--rms-box should be a side of 5 pixels or more and a distance up to that, such as 60,15, but is '{result.Tokens[0].Value}'.");
        return null;
    }

    private static double[]? Numbers(string text)
    {
        string[] parts = text.Split(',');
        double[] numbers = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]) || !double.IsFinite(numbers[i]))
                return null;
        }
        return numbers;
    }

    /// <summary>A line now and then: how many islands are fitted.</summary>
    private sealed class IslandProgress(Output output) : IProgress<(int Done, int Islands)>
    {
        private readonly Lock _lock = new();
        private int _nextTenth = 1;

        public void Report((int Done, int Islands) value)
        {
            lock (_lock)
            {
                if (value.Islands < 200 || value.Done * 10L < (long)_nextTenth * value.Islands)
                    return;
                _nextTenth = (int)(value.Done * 10L / value.Islands) + 1;
                output.Message($"  {value.Done} of {value.Islands} islands");
            }
        }
    }
}
