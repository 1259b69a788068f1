namespace RadioDiffusion.ModelCore.Fits;

/// <summary>Writes a file of one image or one table; see <see cref="FitsFileWriter"/> for more.</summary>
public static class FitsWriter
{
    /// <summary>A float32 image as the primary HDU.</summary>
    /// <param name="stream">Where to write; one that cannot seek gets the file at once when it is complete in memory.</param>
    /// <param name="pixels">(height, width), first row first.</param>
    /// <param name="width">NAXIS1.</param>
    /// <param name="height">NAXIS2.</param>
    /// <param name="cards">Further keywords; those that describe other data (structure, scaling, checksums) are left out.</param>
    public static void WriteImage(Stream stream, ReadOnlySpan<float> pixels, int width, int height, FitsHeader? cards = null)
    {
        CheckSize(pixels.Length, width, height);
        using var buffer = stream.CanSeek ? null : new MemoryStream();
        using var writer = FitsFileWriter.To(buffer ?? stream);
        writer.AddImage(pixels, FitsPixelFormat.Float32, [width, height], cards);
        writer.Complete();
        buffer?.WriteTo(stream);
    }

    /// <inheritdoc cref="WriteImage(Stream, ReadOnlySpan{float}, int, int, FitsHeader?)"/>
    /// <remarks>The file is there whole or not at all: temporary name, flush, rename.</remarks>
    public static void WriteImage(string path, ReadOnlySpan<float> pixels, int width, int height, FitsHeader? cards = null)
    {
        CheckSize(pixels.Length, width, height);
        using var writer = FitsFileWriter.Create(path);
        writer.AddImage(pixels, FitsPixelFormat.Float32, [width, height], cards);
        writer.Complete();
    }

    /// <summary>An empty primary HDU and a binary table.</summary>
    /// <inheritdoc cref="FitsFileWriter.AddTable"/>
    public static void WriteTable(Stream stream, IReadOnlyList<FitsColumnData> columns, FitsHeader? cards = null, string? name = null)
    {
        using var buffer = stream.CanSeek ? null : new MemoryStream();
        using var writer = FitsFileWriter.To(buffer ?? stream);
        writer.AddTable(columns, cards, name);
        writer.Complete();
        buffer?.WriteTo(stream);
    }

    /// <inheritdoc cref="WriteTable(Stream, IReadOnlyList{FitsColumnData}, FitsHeader?, string?)"/>
    /// <remarks>The file is there whole or not at all: temporary name, flush, rename.</remarks>
    public static void WriteTable(string path, IReadOnlyList<FitsColumnData> columns, FitsHeader? cards = null, string? name = null)
    {
        using var writer = FitsFileWriter.Create(path);
        writer.AddTable(columns, cards, name);
        writer.Complete();
    }

    private static void CheckSize(int pixels, int width, int height)
    {
        if (width < 0 || height < 0 || pixels != (long)width * height)
            throw new ArgumentException($"{width} x {height} pixels were announced, but there are {pixels}.");
    }
}
