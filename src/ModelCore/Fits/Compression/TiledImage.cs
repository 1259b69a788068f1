namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>Opens a binary table with ZIMAGE = T as the image that it holds.</summary>
/// <remarks>FITS 4.0, section 10.1.</remarks>
internal static class TiledImage
{
    public static FitsImage Open(FitsTable table)
    {
        string what = table.Data.What;
        var stored = table.Header;
        int bitpix = FitsKeywords.Bitpix(stored, "ZBITPIX", what);
        var axes = FitsKeywords.Axes(stored, "ZNAXIS", what);
        if (axes.Count is 0 or > 9)
            throw new FitsException($"{what}: keyword ZNAXIS should be from 1 to 9, but it is {axes.Count}.");
        var layout = TileLayout.Read(stored, axes, what);
        if (layout.Count != table.RowCount)
        {
            throw new FitsException($"{what}: the image of {string.Join(" x ", axes)} pixels (ZNAXISn) has {layout.Count} tiles (ZTILEn),"
                + $" but the table should hold one in each row and has {table.RowCount} rows (NAXIS2).");
        }
        var header = ImageHeader(stored, bitpix, axes);
        var scaling = PixelScaling.Of(header, bitpix);
        var decoder = new TileDecoder(table, bitpix, scaling);
        PixelSource pixels = bitpix == -32 && scaling.IsIdentity
            ? new TiledPixels<float>(layout, decoder.Decode<float>)
            : new TiledPixels<double>(layout, decoder.Decode<double>);
        return new FitsImage(table, header, bitpix, axes, pixels);
    }

    /// <summary>The header that the image had before it was compressed.</summary>
    private static FitsHeader ImageHeader(FitsHeader stored, int bitpix, List<long> axes)
    {
        var header = new FitsHeader();
        if (stored.Contains("ZSIMPLE"))
            header.Set("SIMPLE", true);
        else
            header.Set("XTENSION", "IMAGE");
        header.Set("BITPIX", (long)bitpix);
        header.Set("NAXIS", (long)axes.Count);
        for (int i = 0; i < axes.Count; i++)
            header.Set($"NAXIS{i + 1}", axes[i]);
        foreach (var card in stored.Cards)
        {
            bool belongs = card.Keyword is "BSCALE" or "BZERO" or "BLANK" or "DATAMIN" or "DATAMAX" or "EXTVER" or "EXTLEVEL" or "INHERIT"
                || (card.Keyword == "EXTNAME" && card.Value is not "COMPRESSED_IMAGE")
                || !FitsHeaderRules.DescribesData(card.Keyword);
            if (belongs)
                header.Append(card);
        }
        header.InheritAs(stored);
        return header;
    }
}
