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

    public required double PixelScaleArcsec { get; init; }

    /// <summary>Restoring beam (geometric mean of its axes); 0 if no header says.</summary>
    public required double BeamArcsec { get; init; }

    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>How the catalogue was understood, and which of its rows are not as they should be.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Digest of all rows in all mosaics.</summary>
    public required string Digest { get; init; }

    public string Artifact { get; init; } = "";

    /// <summary>Reads the catalogue and the mosaics' headers, and writes the rows of each mosaic into the directory.</summary>
    /// <exception cref="UserErrorException">There is no mosaic, or no usable catalogue.</exception>
    public static (DatasetPlan Plan, Recipe Recipe) Make(DatasetRequest request, string directory)
    {
        var problems = new List<string>();
        if (!Directory.Exists(request.MosaicDirectory))
        {
            throw new UserErrorException(ErrorKind.NotFound, request.MosaicDirectory,
                $"The folder of mosaics '{request.MosaicDirectory}' does not exist.");
        }
        var mosaics = MosaicFolder.Scan(request.MosaicDirectory, problems);
        if (mosaics.Count == 0)
        {
            throw new UserErrorException(ErrorKind.NotFound, request.MosaicDirectory,
                $"No mosaic was found in '{request.MosaicDirectory}': expected *.fits or NAME/mosaic-blanked.fits with a celestial WCS. {string.Join(" ", problems.Take(5))}");
        }
        var catalogue = Catalogue.Read(request.CataloguePath, request.Columns);
        var assignment = TileAssignment.Assign(catalogue, mosaics, request.Size);
        var report = catalogue.Report with { RowsOutside = assignment.RowsOutside.Count(row => double.IsFinite(catalogue.Centre(row).Declination)) };

        var digests = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var tiles = new List<TileRequest>();
        foreach (var mosaic in mosaics.Where(mosaic => assignment.RowsByMosaic.ContainsKey(mosaic.Id)))
        {
            string file = TilePlanFile.NameFor(mosaic.Id);
            string path = Path.Combine(directory, file);
            TilePlanFile.Write(path, [.. assignment.RowsByMosaic[mosaic.Id].Select(row => catalogue.Rows[row])]);
            digests[mosaic.Id] = Digests.OfFile(path);
            tiles.Add(new TileRequest
            {
                MosaicId = mosaic.Id,
                MosaicPath = mosaic.Path,
                PlanArtifact = "",
                RowsFile = file,
                RowsDigest = digests[mosaic.Id],
                Size = request.Size,
            });
        }
        if (tiles.Count == 0)
        {
            throw new UserErrorException(ErrorKind.Invalid, request.CataloguePath,
                $"None of the {catalogue.Rows.Count} rows of {request.CataloguePath} lies in one of the {mosaics.Count} mosaics of '{request.MosaicDirectory}': are they of the same part of the sky? {string.Join(" ", report.Sentences())}");
        }
        var recipe = new Recipe
        {
            Kind = "tile-plan",
            AlgorithmVersion = 2,
            Inputs = digests,
            Parameters = new JsonObject { ["rows"] = catalogue.Rows.Count, ["outside"] = assignment.RowsOutside.Length },
        };
        var plan = new DatasetPlan
        {
            Tiles = tiles,
            RowCounts = assignment.RowsByMosaic.ToDictionary(pair => pair.Key, pair => pair.Value.Length),
            Rows = catalogue.Rows.Count,
            RowsOutside = assignment.RowsOutside.Length,
            PixelScaleArcsec = mosaics[0].Wcs.PixelScaleArcsec,
            BeamArcsec = mosaics[0].BeamArcsec ?? 0,
            Problems = problems,
            Notes = [.. report.Sentences()],
            Digest = Digests.OfBytes(System.Text.Encoding.UTF8.GetBytes(recipe.Id)),
        };
        return (plan, recipe);
    }
}
