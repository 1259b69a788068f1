using RadioDiffusion.ModelCore.Catalogues;

namespace RadioDiffusion.Grains.Surveys;

/// <summary>The catalogue rows of one mosaic as a file of the plan artifact, written equally for equal rows.</summary>
internal static class TilePlanFile
{
    public static string NameFor(string mosaicId) => $"rows-{mosaicId}.safetensors";

    public static void Write(string path, IReadOnlyList<CatalogueRow> rows) => CatalogueRowFile.Write(path, rows);

    public static IReadOnlyList<CatalogueRow> Read(string path) => CatalogueRowFile.Read(path);
}
