using System.Globalization;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The sources of a sky added to a map that exists, an observation for example: what is found of them, of which all is known, tells what the map is worth.</summary>
/// <remarks>Sources have the beam of the recipe, so that it must be the map's. What is blank stays so.</remarks>
public sealed class SkyInjection : IDisposable
{
    private const int RowsAtOnce = 256;
    private const double BeamTolerance = 0.05, FrequencyTolerance = 0.1, AngleTolerance = 15;
    private readonly FitsFile _file;
    private readonly FitsImage _image;
    private readonly double _janskyPerUnit;

    /// <param name="path">FITS image with a celestial WCS, beam and frequency, in Jy/beam, mJy/beam or uJy/beam.</param>
    /// <param name="recipe">Whose sources.</param>
    /// <exception cref="RadioDiffusionException">No such map, or one with another beam or frequency than the recipe's: the message says what to do.</exception>
    public SkyInjection(string path, SkyRecipe recipe)
    {
        Recipe = recipe;
        _file = FitsFile.Open(path);
        try
        {
            _image = _file.FirstImage();
            if (_image.PlaneCount != 1)
                throw new RadioDiffusionException($"{path} should have one plane, but it has {_image.PlaneCount}: take one out of the cube first.");
            var mosaic = Mosaic.Of(_file);
            _janskyPerUnit = mosaic.JanskyPerUnit;
            Grid = new SkyGrid(mosaic.Wcs, _image.Width, _image.Height);
            CheckBeam(path, _image.Header, recipe.Survey);
            CheckFrequency(path, mosaic.FrequencyHertz / 1e6, recipe.Survey.FrequencyMegahertz);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public SkyRecipe Recipe { get; }

    /// <summary>The map's pixels.</summary>
    public SkyGrid Grid { get; }

    /// <summary>The beam of a map must be that of a recipe, to 5 per cent.</summary>
    /// <exception cref="RadioDiffusionException">It is not.</exception>
    public static void CheckBeam(string path, FitsHeader header, SkySurvey survey)
    {
        double expectedMajor = survey.BeamMajorArcsec, expectedMinor = survey.BeamMinorArcsec ?? survey.BeamMajorArcsec;
        double? major = header.GetDouble("BMAJ") * 3600, minor = header.GetDouble("BMIN") * 3600 ?? major;
        double angle = header.GetDouble("BPA") ?? 0, turn = Math.Abs(Math.IEEERemainder(angle - survey.BeamAngleDegrees, 180));
        bool isRound = expectedMinor > (1 - BeamTolerance) * expectedMajor;
        if (major is { } a && minor is { } b && Math.Abs(a / expectedMajor - 1) <= BeamTolerance && Math.Abs(b / expectedMinor - 1) <= BeamTolerance && (isRound || turn <= AngleTolerance))
            return;
        throw new RadioDiffusionException(string.Create(CultureInfo.InvariantCulture,
            $"{path}: the beam (BMAJ, BMIN, BPA) should be that of the sky, {expectedMajor:0.##} x {expectedMinor:0.##} arcsec at {survey.BeamAngleDegrees:0.#} degrees, but it is {(major == null ? "missing" : $"{major:0.##} x {minor:0.##} arcsec at {angle:0.#} degrees")}. ")
            + "Make a sky with the map's beam: 'radiodiffusion sky create NAME --config FILE.json' with {\"survey\": {\"beamMajorArcsec\": ..., \"beamMinorArcsec\": ..., \"beamAngleDegrees\": ...}}.");
    }

    /// <summary>Writes the map with the sources: 32-bit floats in the map's unit, with its header and the recipe. The file is there whole or not at all.</summary>
    /// <param name="path">The file; an older one is replaced when all is written.</param>
    /// <param name="mosaic">Of <see cref="Recipe"/> and <see cref="Grid"/>, without noise.</param>
    /// <param name="imageOf">The image of a resolved source; null for a Gaussian.</param>
    /// <param name="progress">Gets the number of finished rows.</param>
    /// <param name="cancellationToken">Ends it; nothing stays.</param>
    public void Write(string path, SkyMosaic mosaic, Func<SkySource, SkyStamp?> imageOf, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        if (mosaic.HasNoise || mosaic.Grid != Grid)
            throw new ArgumentException("A map gets the sources of its own grid, without noise.", nameof(mosaic));
        using var file = FitsFileWriter.Create(path);
        using var written = file.BeginImage(FitsPixelFormat.Float32, _image.AxisLengths, Header());
        float[] pixels = new float[checked(Math.Min(RowsAtOnce, Grid.Height) * Grid.Width)];
        for (int bottom = 0; bottom < Grid.Height; bottom += RowsAtOnce)
        {
            int rows = Math.Min(RowsAtOnce, Grid.Height - bottom);
            var part = pixels.AsSpan(0, rows * Grid.Width);
            _image.ReadPixels(0, bottom, Grid.Width, rows, part);
            float[] sources = mosaic.Rows(bottom, rows, imageOf, cancellationToken);
            for (int i = 0; i < part.Length; i++)
                part[i] += float.IsNaN(sources[i]) ? 0 : (float)(sources[i] / _janskyPerUnit);
            written.Write(part);
            progress?.Report(bottom + rows);
        }
        written.Finish();
        file.Complete();
    }

    public void Dispose() => _file.Dispose();

    private FitsHeader Header()
    {
        var header = new FitsHeader();
        foreach (var card in _image.Header.Cards)
            header.Append(card);
        header.Set("SKYDIGST", Recipe.Digest, "digest of the sky whose sources were added");
        header.AddHistory("RadioDiffusion added the sources of a synthetic sky of this recipe:");
        header.AddHistory((Recipe with { Area = SkyArea.All }).ToLine());
        return header;
    }

    private static void CheckFrequency(string path, double? found, double expected)
    {
        if (found is { } megahertz && Math.Abs(megahertz / expected - 1) > FrequencyTolerance)
        {
            throw new RadioDiffusionException(string.Create(CultureInfo.InvariantCulture,
                $"{path}: the frequency should be about that of the sky, {expected:0.#} MHz, but it is {megahertz:0.#} MHz. Make a sky of the map's frequency: 'radiodiffusion sky create NAME --config FILE.json' with ")
                + "{\"survey\": {\"frequencyMegahertz\": ...}}.");
        }
    }
}
