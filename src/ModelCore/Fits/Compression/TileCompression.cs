namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>Algorithms of ZCMPTYPE.</summary>
internal enum TileAlgorithm
{
    None,
    Rice,
    Gzip,
    GzipShuffled,
    Hcompress,
    Plio,
}

/// <summary>Dithering of ZQUANTIZ (FITS 4.0, section 10.2.1).</summary>
internal enum TileDither
{
    None,
    Subtractive,
    SubtractiveWithZeros,
}

/// <summary>How a tile-compressed image was made, from the header of its table.</summary>
/// <remarks>FITS 4.0, section 10.1.</remarks>
internal sealed record TileCompression
{
    public required TileAlgorithm Algorithm { get; init; }

    public required TileDither Dither { get; init; }

    /// <summary>ZDITHER0, from 1 to 10,000; 0 without dithering.</summary>
    public required int DitherStart { get; init; }

    /// <summary>BLOCKSIZE of RICE_1, pixels.</summary>
    public int RiceBlockSize { get; init; } = 32;

    /// <summary>BYTEPIX of RICE_1.</summary>
    public int RiceBytesPerPixel { get; init; } = 4;

    /// <summary>SMOOTH of HCOMPRESS_1.</summary>
    public bool Smooth { get; init; }

    public static TileCompression Read(FitsHeader header, string what)
    {
        string name = header.GetString("ZCMPTYPE")?.Trim() ?? "";
        TileAlgorithm algorithm = name switch
        {
            "RICE_1" or "RICE_ONE" => TileAlgorithm.Rice,
            "GZIP_1" => TileAlgorithm.Gzip,
            "GZIP_2" => TileAlgorithm.GzipShuffled,
            "HCOMPRESS_1" => TileAlgorithm.Hcompress,
            "PLIO_1" => TileAlgorithm.Plio,
            "NOCOMPRESS" => TileAlgorithm.None,
            _ => throw new FitsException($"{what}: keyword ZCMPTYPE should be RICE_1, GZIP_1, GZIP_2, HCOMPRESS_1, PLIO_1 or NOCOMPRESS, but it is '{header.Text("ZCMPTYPE")}'."),
        };
        string quantization = header.Contains("ZQUANTIZ") ? header.GetString("ZQUANTIZ")?.Trim() ?? "" : "NO_DITHER";
        TileDither dither = quantization switch
        {
            "NO_DITHER" or "NONE" => TileDither.None,
            "SUBTRACTIVE_DITHER_1" => TileDither.Subtractive,
            "SUBTRACTIVE_DITHER_2" => TileDither.SubtractiveWithZeros,
            _ => throw new FitsException($"{what}: keyword ZQUANTIZ should be NO_DITHER, SUBTRACTIVE_DITHER_1 or SUBTRACTIVE_DITHER_2, but it is '{header.Text("ZQUANTIZ")}'."),
        };
        var compression = new TileCompression
        {
            Algorithm = algorithm,
            Dither = dither,
            DitherStart = dither == TileDither.None ? 0 : (int)FitsKeywords.Integer(header, "ZDITHER0", what, 1, DitherSequence.Length),
        };
        return compression.WithParameters(header, what);
    }

    /// <summary>ZNAMEn and ZVALn.</summary>
    private TileCompression WithParameters(FitsHeader header, string what)
    {
        var compression = this;
        for (int i = 1; header.Contains($"ZNAME{i}"); i++)
        {
            string value = $"ZVAL{i}";
            compression = (Algorithm, header.GetString($"ZNAME{i}")) switch
            {
                (TileAlgorithm.Rice, "BLOCKSIZE") => compression with { RiceBlockSize = OneOf(header, value, what, 16, 32) },
                (TileAlgorithm.Rice, "BYTEPIX") => compression with { RiceBytesPerPixel = OneOf(header, value, what, 1, 2, 4) },
                (TileAlgorithm.Hcompress, "SMOOTH") => compression with { Smooth = OneOf(header, value, what, 0, 1) == 1 },
                _ => compression,                            // SCALE is repeated in every tile, NOISEBIT matters to the writer alone
            };
        }
        return compression;
    }

    private static int OneOf(FitsHeader header, string keyword, string what, params int[] values)
    {
        long value = FitsKeywords.Integer(header, keyword, what, values.Min(), values.Max());
        return values.Contains((int)value)
            ? (int)value
            : throw new FitsException($"{what}: keyword {keyword} should be one of {string.Join(", ", values)}, but it is {value}.");
    }
}
