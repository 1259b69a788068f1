using System.Globalization;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Grains.Surveys;

/// <summary>Which mosaic cuts which catalogue rows.</summary>
internal sealed record DatasetPlan
{
    public required IReadOnlyList<TileRequest> Tiles { get; init; }

    /// <summary>Rows of each mosaic, by its ID.</summary>
    public required IReadOnlyDictionary<string, int> RowCounts { get; init; }

    public required int Rows { get; init; }

    /// <summary>Rows whose centre lies in no mosaic.</summary>
    public required int RowsOutside { get; init; }

    /// <summary>Of the images.</summary>
    public required double PixelScaleArcsec { get; init; }

    /// <summary>Restoring beam (geometric mean of its axes); 0 if no header says.</summary>
    public required double BeamArcsec { get; init; }

    /// <summary>What the channels of the images are; null for images of one.</summary>
    public IReadOnlyList<ChannelDescription>? Channels { get; init; }

    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>How the catalogue was understood, and which of its rows are not as they should be.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Digest of all rows in all mosaics.</summary>
    public required string Digest { get; init; }

    public string Artifact { get; init; } = "";

    private const double ScaleTolerance = 0.01;
    private const double BeamTolerance = 0.1;

    /// <summary>Reads the catalogue and the mosaics' headers, and writes the rows of each mosaic into the directory.</summary>
    /// <exception cref="UserErrorException">There is no mosaic, or no usable catalogue.</exception>
    public static (DatasetPlan Plan, Recipe Recipe) Make(DatasetRequest request, string directory)
    {
        var problems = new List<string>();
        var options = CutoutOptionsOf(request);
        options.Check();
        var mosaics = DatasetChannels.MosaicsIn(request.MosaicDirectory, "the data set", problems);
        var catalogue = Catalogue.Read(request.CataloguePath, request.Columns);
        var assignment = TileAssignment.Assign(catalogue, mosaics, options);
        if (assignment.RowsByMosaic.Count > 0)
        {
            var largest = mosaics.MaxBy(mosaic => assignment.RowsByMosaic.GetValueOrDefault(mosaic.Id)?.Length ?? 0)!;
            var alike = mosaics.Where(mosaic => IsLike(mosaic, largest, options.IsResampled, problems)).ToList();
            if (alike.Count < mosaics.Count)
                assignment = TileAssignment.Assign(catalogue, alike, options);
            mosaics = [largest, .. alike.Where(mosaic => mosaic != largest)];
        }
        var report = catalogue.Report with { RowsOutside = assignment.RowsOutside.Count(row => double.IsFinite(catalogue.Centre(row).Declination)) };
        var rowsByMosaic = request.Content == DatasetContent.Background
            ? Backgrounds(request, catalogue, mosaics, options)
            : assignment.RowsByMosaic.ToDictionary(pair => pair.Key, pair => SourcesOf(catalogue, pair.Value, request.CentreOnOpticalPosition));
        int outside = request.Content == DatasetContent.Background ? 0 : assignment.RowsOutside.Length;
        int rowCount = outside + rowsByMosaic.Values.Sum(rows => rows.Count);

        var used = mosaics.Where(mosaic => rowsByMosaic.ContainsKey(mosaic.Id)).ToList();
        if (used.Count == 0)
        {
            throw new UserErrorException(ErrorKind.Invalid, request.CataloguePath,
                $"None of the {catalogue.Rows.Count} rows of {request.CataloguePath} lies in one of the {mosaics.Count} mosaics of '{request.MosaicDirectory}': are they of the same part of the sky? {string.Join(" ", report.Sentences())}");
        }
        if (options.IsResampled)
            used.ForEach(mosaic => DatasetChannels.CheckSampling(mosaic, options.PixelScaleArcsec));
        bool keeps = WriteKept(request, catalogue, directory);
        var channels = DatasetChannels.Open(request, mosaics, rowsByMosaic, problems);
        var digests = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var tiles = new List<TileRequest>();
        foreach (var mosaic in used)
        {
            string file = TilePlanFile.NameFor(mosaic.Id);
            string path = Path.Combine(directory, file);
            TilePlanFile.Write(path, rowsByMosaic[mosaic.Id]);
            digests[mosaic.Id] = Digests.OfFile(path);
            tiles.Add(new TileRequest
            {
                MosaicId = mosaic.Id,
                MosaicPath = mosaic.Path,
                PlanArtifact = "",
                RowsFile = file,
                RowsDigest = digests[mosaic.Id],
                Size = request.Size,
                MinimumCoverage = request.MinimumCoverage,
                AnyAngle = request.AnyAngle,
                PixelScaleArcsec = request.PixelScaleArcsec,
                Channels = channels.ForTile(mosaic, rowsByMosaic[mosaic.Id]),
            });
        }
        if (keeps)
            digests[KeptColumns.FileName] = Digests.OfFile(Path.Combine(directory, KeptColumns.FileName));
        var recipe = new Recipe
        {
            Kind = "tile-plan",
            AlgorithmVersion = 2,
            Inputs = digests,
            Parameters = new JsonObject { ["rows"] = rowCount, ["outside"] = outside },
        };
        var plan = new DatasetPlan
        {
            Tiles = tiles,
            RowCounts = rowsByMosaic.ToDictionary(pair => pair.Key, pair => pair.Value.Count),
            Rows = rowCount,
            RowsOutside = outside,
            PixelScaleArcsec = options.IsResampled ? options.PixelScaleArcsec : mosaics[0].Wcs.PixelScaleArcsec,
            BeamArcsec = mosaics[0].BeamArcsec ?? 0,
            Channels = channels.Descriptions,
            Problems = problems,
            Notes = [.. report.Sentences()],
            Digest = Digests.OfBytes(System.Text.Encoding.UTF8.GetBytes(recipe.Id)),
        };
        return (plan, recipe);
    }

    public static CutoutOptions CutoutOptionsOf(DatasetRequest request) =>
        new() { Size = request.Size, MinimumCoverage = request.MinimumCoverage, AnyAngle = request.AnyAngle, PixelScaleArcsec = request.PixelScaleArcsec };

    private static bool WriteKept(DatasetRequest request, Catalogue catalogue, string directory)
    {
        if (request.Keep is not { Items.Count: > 0 } kept)
            return false;
        if (request.Content == DatasetContent.Background)
            throw new UserErrorException(ErrorKind.Invalid, "keep", "A data set of places without a source has no rows of a catalogue whose columns it could keep: leave them out.");
        KeptColumns.Write(directory, KeptColumns.Of(catalogue, [.. kept.Items.Select(one => (one.Name, one.Column))]));
        return true;
    }

    private static IReadOnlyList<CatalogueRow> SourcesOf(Catalogue catalogue, int[] rows, bool onOpticalPosition) =>
        [.. rows.Select(row => onOpticalPosition ? catalogue.Rows[row] : catalogue.Rows[row] with { OpticalPosition = null })];

    /// <summary>Places without a source, counted through all mosaics in the order of their names.</summary>
    private static Dictionary<string, IReadOnlyList<CatalogueRow>> Backgrounds(DatasetRequest request, Catalogue catalogue, IReadOnlyList<Mosaic> mosaics, CutoutOptions options)
    {
        var rows = new Dictionary<string, IReadOnlyList<CatalogueRow>>();
        int next = 0;
        foreach (var mosaic in mosaics.OrderBy(mosaic => mosaic.Id, StringComparer.Ordinal))
        {
            var positions = BackgroundPositions.Draw(mosaic, catalogue.Rows, request.BackgroundsPerMosaic, options, request.Seed);
            if (positions.Count == 0)
                continue;
            int first = next;
            rows[mosaic.Id] = [.. positions.Select((position, i) => new CatalogueRow { Index = first + i, SourceName = $"background {first + i}", Position = position })];
            next += positions.Count;
        }
        return rows;
    }

    /// <summary>Whether the cut-outs of two mosaics can be in one data set: pixels of one size where they are not resampled, and one beam where both headers name it.</summary>
    private static bool IsLike(Mosaic mosaic, Mosaic reference, bool resampled, List<string> problems)
    {
        bool like = (resampled || Math.Abs(mosaic.Wcs.PixelScaleArcsec / reference.Wcs.PixelScaleArcsec - 1) < ScaleTolerance)
            && (mosaic.BeamArcsec is not { } beam || reference.BeamArcsec is not { } other || Math.Abs(beam / other - 1) < BeamTolerance);
        if (!like)
        {
            problems.Add(string.Create(CultureInfo.InvariantCulture,
                $"{mosaic.Path}: pixels of {mosaic.Wcs.PixelScaleArcsec:0.###}\" with a beam of {mosaic.BeamArcsec:0.##}\" do not go with the {reference.Wcs.PixelScaleArcsec:0.###}\" and {reference.BeamArcsec:0.##}\" of {reference.Path}, which has most sources: make a data set of their own from such mosaics."));
        }
        return like;
    }
}
