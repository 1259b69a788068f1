using System.Globalization;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>What the simulated survey is like. Defaults: four LoTSS-like mosaics with some 700 sources.</summary>
public sealed record SimulatedSurveyOptions
{
    public ulong Seed { get; init; } = 42;

    /// <summary>Side of a mosaic in pixels.</summary>
    public int MosaicSide { get; init; } = 1400;

    /// <summary>LoTSS has 1.5 arc seconds (Shimwell et al. 2022).</summary>
    public double PixelScaleArcsec { get; init; } = 1.5;

    /// <summary>FWHM of the restoring beam; 6 arc seconds in LoTSS.</summary>
    public double BeamArcsec { get; init; } = 6;

    /// <summary>Noise in the middle of a mosaic, Jy/beam; some 80 uJy/beam in LoTSS.</summary>
    public double Rms { get; init; } = 80e-6;

    /// <summary>Sources asked for; fewer if they do not fit at their least distance.</summary>
    public int Sources { get; init; } = 700;

    /// <summary>Shapes out of images, from which a part of the sources takes its own.</summary>
    public IReadOnlyList<SourceShape> Shapes { get; init; } = [];

    /// <summary>The share of the sources that have such a shape, if there are any.</summary>
    public double ShapeShare { get; init; } = 0.75;
}

/// <summary>Where a simulated survey lies.</summary>
public sealed record SimulatedSurveyFiles(string MosaicDirectory, string CataloguePath, string TruthPath);

/// <summary>A small simulated radio survey on disk: four overlapping mosaics of one sky, its catalogue with LoTSS column names, its truth.</summary>
/// <remarks>
/// Sources are sums of Gaussians, convolved with the beam exactly (covariances add). The noise is white noise convolved with the beam.
/// Corners are blanked as the primary beam's cut does it. The shapes are ours and stand for nothing measured, unless images are given to take them from: each is then turned by a random
/// angle and perhaps mirrored, and scaled to the peak that was drawn.
/// </remarks>
public static class SimulatedSurvey
{
    private const double MedianPeak = 0.014;                 // Jy/beam
    private const double PeakDeviation = 1.1;                // of ln(peak)
    private const double LeastDistanceArcsec = 110;
    private const double BlankRadius = 0.62;                 // of the side
    private const double SourceRadius = 0.585;
    private static readonly SkyCoordinate _centre = new(183.2, 47.6);
    private static readonly (string Name, int East, int North)[] _fields = [("P183+47", -1, -1), ("P183+48", -1, 1), ("P184+47", 1, -1), ("P184+48", 1, 1)];

    /// <summary>Writes mosaics/NAME-mosaic.fits, catalogue.fits and truth.fits; files that are there already are written anew.</summary>
    public static SimulatedSurveyFiles Write(string directory, SimulatedSurveyOptions options, IProgress<string>? progress = null, CancellationToken cancellationToken = default)
    {
        var files = new SimulatedSurveyFiles(Path.Combine(directory, "mosaics"), Path.Combine(directory, "catalogue.fits"), Path.Combine(directory, "truth.fits"));
        Directory.CreateDirectory(files.MosaicDirectory);
        var fields = Fields(options);
        var sources = Draw(options, fields);
        Parallel.For(0, fields.Count, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            WriteMosaic(Path.Combine(files.MosaicDirectory, $"{fields[i].Name}-mosaic.fits"), fields[i], i, sources, options);
            progress?.Report($"mosaic {fields[i].Name}: {options.MosaicSide} x {options.MosaicSide} pixels");
        });
        WriteCatalogue(files, sources, options);
        return files;
    }

    private static List<Field> Fields(SimulatedSurveyOptions options)
    {
        double distance = 0.4 * options.MosaicSide;          // pixels from the common centre: the mosaics overlap by a fifth
        var common = WorldCoordinateSystem.Sin(_centre, options.PixelScaleArcsec, 0, 0);
        double middle = (options.MosaicSide - 1) / 2.0;
        return [.. _fields.Select(field =>
        {
            var centre = common.PixelToSky(-field.East * distance, field.North * distance);
            return new Field(field.Name, centre, WorldCoordinateSystem.Sin(centre, options.PixelScaleArcsec, middle, middle));
        })];
    }

    private static List<Source> Draw(SimulatedSurveyOptions options, List<Field> fields)
    {
        var places = new RandomStream(options.Seed, "simulated survey: places");
        var sources = new List<Source>();
        int attempts = 50 * options.Sources;
        while (sources.Count < options.Sources && attempts-- > 0)
        {
            int field = places.NextInt32(fields.Count);
            double radius = SourceRadius * options.MosaicSide * Math.Sqrt(places.NextDouble()), angle = places.NextDouble(0, 2 * Math.PI);
            double middle = (options.MosaicSide - 1) / 2.0;
            double column = middle + radius * Math.Cos(angle), row = middle + radius * Math.Sin(angle);
            bool inside = column >= 0 && row >= 0 && column < options.MosaicSide && row < options.MosaicSide;
            var position = fields[field].Wcs.PixelToSky(column, row);
            if (inside && sources.TrueForAll(other => other.Position.SeparationTo(position) * 3600 > LeastDistanceArcsec))
                sources.Add(DrawSource(sources.Count, position, fields, options));
        }
        return sources;
    }

    private static Source DrawSource(int index, SkyCoordinate position, List<Field> fields, SimulatedSurveyOptions options)
    {
        var random = new RandomStream(options.Seed, "simulated survey: source", index);
        var morphology = SimulatedSource.DrawMorphology(random);
        var shape = SimulatedSource.DrawShape(morphology, random);
        double peak = MedianPeak * Math.Exp(PeakDeviation * random.NextNormal());
        double shapePeak = shape.Max(piece => Brightness(shape, piece.East, piece.North, options));
        double scale = peak / shapePeak;
        var draw = new RandomStream(options.Seed, "simulated survey: shape", index);
        bool hasImage = options.Shapes.Count > 0 && draw.NextDouble() < options.ShapeShare;
        bool hasHost = random.NextDouble() < 0.8;
        return new Source
        {
            Position = position,
            Host = hasHost ? Offset(position, 0.3 * random.NextNormal(), 0.3 * random.NextNormal()) : null,
            Morphology = morphology,
            Pieces = hasImage ? [] : [.. shape.Select(piece => piece with { Flux = piece.Flux * scale })],
            Shape = hasImage ? options.Shapes[draw.NextInt32(options.Shapes.Count)] : null,
            Angle = draw.NextDouble(0, 2 * Math.PI),
            IsMirrored = draw.NextDouble() < 0.5,
            Peak = peak,
            MosaicId = fields.MinBy(field => field.Centre.SeparationTo(position))!.Name,
        };
    }

    private static void WriteMosaic(string path, Field field, int index, List<Source> sources, SimulatedSurveyOptions options)
    {
        int side = options.MosaicSide;
        float[] pixels = Noise(index, options);
        foreach (var source in sources)
        {
            foreach (var piece in source.Pieces)
                AddPiece(pixels, field, source.Position, piece, options);
            if (source.Shape is { } shape)
                AddShape(pixels, field, source, shape, options);
        }
        Blank(pixels, side);
        var header = new FitsHeader();
        header.Set("OBJECT", field.Name, "simulated, not observed");
        header.Set("BUNIT", "JY/BEAM");
        field.Wcs.AddTo(header);
        header.Set("EQUINOX", 2000.0);
        header.Set("RESTFRQ", 143650000.0, "[Hz]");
        header.Set("BMAJ", options.BeamArcsec / 3600, "[deg]");
        header.Set("BMIN", options.BeamArcsec / 3600, "[deg]");
        header.Set("BPA", 0.0, "[deg]");
        header.AddComment($"Simulated by RadioDiffusion, seed {options.Seed}.");
        FitsWriter.WriteImage(path, pixels, side, side, header);
    }

    /// <summary>Beam-correlated noise: its rms grows towards the edge by 40 per cent.</summary>
    private static float[] Noise(int mosaic, SimulatedSurveyOptions options)
    {
        int side = options.MosaicSide;
        var random = new RandomStream(options.Seed, "simulated survey: noise", mosaic);
        float[] white = new float[side * side];
        random.FillNormal(white);
        double sigma = SigmaOf(options.BeamArcsec) / options.PixelScaleArcsec;
        float[] pixels = BeamNoise.Convolve(white, side, sigma);
        double middle = (side - 1) / 2.0;
        for (int row = 0; row < side; row++)
        {
            for (int column = 0; column < side; column++)
            {
                double distance = (Square(column - middle) + Square(row - middle)) / Square(BlankRadius * side);
                pixels[row * side + column] *= (float)(options.Rms * (1 + 0.4 * distance));
            }
        }
        return pixels;
    }

    private static void AddPiece(float[] pixels, Field field, SkyCoordinate position, GaussianPiece piece, SimulatedSurveyOptions options)
    {
        if (!field.Wcs.TrySkyToPixel(position, out double column, out double row))
            return;
        int side = options.MosaicSide;
        double x = column - piece.East / options.PixelScaleArcsec, y = row + piece.North / options.PixelScaleArcsec;
        double beam = Square(SigmaOf(options.BeamArcsec)), variance = (beam + Square(SigmaOf(piece.Width))) / Square(options.PixelScaleArcsec);
        double amplitude = piece.Flux * beam / (beam + Square(SigmaOf(piece.Width)));
        int reach = (int)Math.Ceiling(6 * Math.Sqrt(variance));
        for (int r = Math.Max(0, (int)y - reach); r <= Math.Min(side - 1, (int)y + reach); r++)
        {
            for (int c = Math.Max(0, (int)x - reach); c <= Math.Min(side - 1, (int)x + reach); c++)
                pixels[r * side + c] += (float)(amplitude * Math.Exp(-(Square(c - x) + Square(r - y)) / (2 * variance)));
        }
    }

    private static void AddShape(float[] pixels, Field field, Source source, SourceShape shape, SimulatedSurveyOptions options)
    {
        if (!field.Wcs.TrySkyToPixel(source.Position, out double column, out double row))
            return;
        int side = options.MosaicSide, reach = (int)Math.Ceiling(shape.RadiusArcsec / options.PixelScaleArcsec);
        double sine = Math.Sin(source.Angle), cosine = Math.Cos(source.Angle);
        for (int r = Math.Max(0, (int)row - reach); r <= Math.Min(side - 1, (int)row + reach); r++)
        {
            for (int c = Math.Max(0, (int)column - reach); c <= Math.Min(side - 1, (int)column + reach); c++)
            {
                double east = (column - c) * options.PixelScaleArcsec * (source.IsMirrored ? -1 : 1), north = (r - row) * options.PixelScaleArcsec;
                pixels[r * side + c] += (float)(source.Peak * shape.At(cosine * east - sine * north, sine * east + cosine * north));
            }
        }
    }

    private static void Blank(float[] pixels, int side)
    {
        double middle = (side - 1) / 2.0;
        for (int i = 0; i < pixels.Length; i++)
        {
            if (Square(i % side - middle) + Square(i / side - middle) > Square(BlankRadius * side))
                pixels[i] = float.NaN;
        }
    }

    private static void WriteCatalogue(SimulatedSurveyFiles files, List<Source> sources, SimulatedSurveyOptions options)
    {
        double positionError = options.BeamArcsec / 3600;
        double[] Column(Func<Source, double> value) => [.. sources.Select(value)];
        double[] peaks = Column(source => source.Peak * 1000);
        double[] totals = Column(source => source.TotalFlux * 1000);
        double rms = options.Rms * 1000;
        FitsColumnData[] columns =
        [
            new FitsStringColumn("Source_Name", null, [.. sources.Select(source => NameOf(source.Position))]),
            new FitsDoubleColumn("RA", "deg", Column(source => source.Position.RightAscension)),
            new FitsDoubleColumn("E_RA", "arcsec", Column(source => positionError * 3600 * options.Rms / source.Peak)),
            new FitsDoubleColumn("DEC", "deg", Column(source => source.Position.Declination)),
            new FitsDoubleColumn("E_DEC", "arcsec", Column(source => positionError * 3600 * options.Rms / source.Peak)),
            new FitsDoubleColumn("Peak_flux", "mJy/beam", peaks),
            new FitsDoubleColumn("E_Peak_flux", "mJy/beam", Column(_ => rms)),
            new FitsDoubleColumn("Total_flux", "mJy", totals),
            new FitsDoubleColumn("E_Total_flux", "mJy", Column(source => rms * Math.Sqrt(Math.Max(1, source.Pieces.Count)))),
            new FitsDoubleColumn("Maj", "arcsec", Column(SizeOf)),
            new FitsStringColumn("S_Code", null, [.. sources.Select(source => source.Shape == null && source.Morphology == Morphology.Compact ? "S" : "M")]),
            new FitsDoubleColumn("Isl_rms", "mJy/beam", Column(_ => rms)),
            new FitsStringColumn("Mosaic_ID", null, [.. sources.Select(source => source.MosaicId)]),
            new FitsDoubleColumn("LAS", "arcsec", Column(SizeOf)),
            new FitsDoubleColumn("optRA", "deg", Column(source => source.Host?.RightAscension ?? double.NaN)),
            new FitsDoubleColumn("optDec", "deg", Column(source => source.Host?.Declination ?? double.NaN)),
        ];
        FitsWriter.WriteTable(files.CataloguePath, columns, name: "CATALOGUE");
        List<FitsColumnData> truth = [columns[0], new FitsStringColumn("Class", null, [.. sources.Select(source => source.Shape == null ? source.Morphology.ToString() : "Image")]), columns[1], columns[3], columns[5], columns[7]];
        if (options.Shapes.Count > 0)
            truth.Add(new FitsStringColumn("Image", null, [.. sources.Select(source => source.Shape?.Name ?? "")]));
        FitsWriter.WriteTable(files.TruthPath, [.. truth], name: "TRUTH");
    }

    private static double SizeOf(Source source) => source.Shape?.ExtentArcsec ??
        2 * source.Pieces.Max(piece => Math.Sqrt(Square(piece.East) + Square(piece.North)) + piece.Width / 2);

    /// <summary>Jy/beam at an offset in arc seconds, without noise.</summary>
    private static double Brightness(List<GaussianPiece> pieces, double east, double north, SimulatedSurveyOptions options)
    {
        double beam = Square(SigmaOf(options.BeamArcsec));
        return pieces.Sum(piece =>
        {
            double variance = beam + Square(SigmaOf(piece.Width));
            return piece.Flux * beam / variance * Math.Exp(-(Square(piece.East - east) + Square(piece.North - north)) / (2 * variance));
        });
    }

    private static SkyCoordinate Offset(SkyCoordinate position, double eastArcsec, double northArcsec) =>
        new(position.RightAscension + eastArcsec / 3600 / Math.Cos(double.DegreesToRadians(position.Declination)), position.Declination + northArcsec / 3600);

    /// <summary>Of the survey's form: hours and degrees cut off, not rounded, as the IAU asks for.</summary>
    private static string NameOf(SkyCoordinate position)
    {
        long seconds = (long)(position.RightAscension / 15 * 360_000), arcseconds = (long)(Math.Abs(position.Declination) * 36_000);   // hundredths and tenths
        return string.Create(CultureInfo.InvariantCulture,
            $"ILTJ{seconds / 360_000:00}{seconds / 6000 % 60:00}{seconds % 6000 / 100.0:00.00}{(position.Declination < 0 ? '-' : '+')}{arcseconds / 36_000:00}{arcseconds / 600 % 60:00}{arcseconds % 600 / 10.0:00.0}");
    }

    private static double SigmaOf(double fwhm) => fwhm / BeamForm.SigmasPerFwhm;

    private static double Square(double value) => value * value;

    private sealed record Field(string Name, SkyCoordinate Centre, WorldCoordinateSystem Wcs);

    private sealed record Source
    {
        public required SkyCoordinate Position { get; init; }

        public required SkyCoordinate? Host { get; init; }

        public required Morphology Morphology { get; init; }

        /// <summary>Fluxes in Jy; none where an image is the shape.</summary>
        public required List<GaussianPiece> Pieces { get; init; }

        public required SourceShape? Shape { get; init; }

        /// <summary>By which the shape is turned, radians.</summary>
        public required double Angle { get; init; }

        public required bool IsMirrored { get; init; }

        /// <summary>Jy.</summary>
        public double TotalFlux => Shape == null ? Pieces.Sum(piece => piece.Flux) : Peak * Shape.TotalFlux;

        /// <summary>Jy/beam, without noise.</summary>
        public required double Peak { get; init; }

        public required string MosaicId { get; init; }
    }
}
