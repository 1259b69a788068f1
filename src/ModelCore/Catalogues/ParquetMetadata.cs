namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Where a Parquet file keeps the VOTable that describes its columns.</summary>
/// <remarks>IVOA note "Parquet in the VO" (VOParquet 1.0).</remarks>
internal static class ParquetMetadata
{
    public const string VersionKey = "IVOA.VOTable-Parquet.version";
    public const string Version = "1.0";
    public const string ContentKey = "IVOA.VOTable-Parquet.content";
}
