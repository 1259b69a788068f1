using System.Runtime.InteropServices;
using System.Text;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Catalogue rows in a safetensors file, column by column: equal rows give equal bytes, some 100 of them a row.</summary>
public static class CatalogueRowFile
{
    private const string Index = "index", Position = "position", Optical = "optical_position", Peak = "peak_flux_mjy", Total = "total_flux_mjy", Size = "size_arcsec";
    private const string Names = "name", Mosaics = "mosaic", Ends = "_ends";

    /// <summary>Writes rows; NaN stands for what a row does not have.</summary>
    public static void Write(string path, IReadOnlyList<CatalogueRow> rows)
    {
        int count = rows.Count;
        var (names, nameEnds) = Joined(rows, row => row.SourceName);
        var (mosaics, mosaicEnds) = Joined(rows, row => row.MosaicId ?? "");
        using var writer = new SafetensorsWriter(File.Create(path),
        [
            (Position, "F64", [count, 2]),
            (Optical, "F64", [count, 2]),
            (Peak, "F64", [count]),
            (Total, "F64", [count]),
            (Size, "F64", [count]),
            (Index, "I32", [count]),
            (Names + Ends, "I32", [count]),
            (Mosaics + Ends, "I32", [count]),
            (Names, "U8", [names.Length]),
            (Mosaics, "U8", [mosaics.Length]),
        ]);
        writer.Write<double>(Doubles(rows, 2, (row, part) => Part(row.Position, part)));
        writer.Write<double>(Doubles(rows, 2, (row, part) => row.OpticalPosition is { } position ? Part(position, part) : double.NaN));
        writer.Write<double>(Doubles(rows, 1, (row, _) => row.PeakFluxMilliJansky));
        writer.Write<double>(Doubles(rows, 1, (row, _) => row.TotalFluxMilliJansky));
        writer.Write<double>(Doubles(rows, 1, (row, _) => row.LargestAngularSizeArcsec ?? double.NaN));
        writer.Write<int>(rows.Select(row => row.Index).ToArray());
        writer.Write<int>(nameEnds);
        writer.Write<int>(mosaicEnds);
        writer.Write<byte>(names);
        writer.Write<byte>(mosaics);
    }

    /// <summary>The rows as they were written.</summary>
    /// <exception cref="RadioDiffusionException">The file is damaged.</exception>
    public static IReadOnlyList<CatalogueRow> Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        var index = file.Values<int>(Index);
        var positions = Positions(file, Position, index.Length, path);
        var optical = Positions(file, Optical, index.Length, path);
        ReadOnlySpan<double> peak = file.Values<double>(Peak), total = file.Values<double>(Total), size = file.Values<double>(Size);
        string[] names = Texts(file, Names, index.Length, path), mosaics = Texts(file, Mosaics, index.Length, path);
        if (peak.Length != index.Length || total.Length != index.Length || size.Length != index.Length)
            throw Damaged(path);
        var rows = new CatalogueRow[index.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = new CatalogueRow
            {
                Index = index[i],
                SourceName = names[i],
                Position = positions[i],
                OpticalPosition = double.IsNaN(optical[i].RightAscension) ? null : optical[i],
                MosaicId = mosaics[i].Length == 0 ? null : mosaics[i],
                PeakFluxMilliJansky = peak[i],
                TotalFluxMilliJansky = total[i],
                LargestAngularSizeArcsec = double.IsNaN(size[i]) ? null : size[i],
            };
        }
        return rows;
    }

    private static double Part(SkyCoordinate position, int part) => part == 0 ? position.RightAscension : position.Declination;

    private static double[] Doubles(IReadOnlyList<CatalogueRow> rows, int parts, Func<CatalogueRow, int, double> value)
    {
        double[] values = new double[rows.Count * parts];
        for (int i = 0; i < values.Length; i++)
            values[i] = value(rows[i / parts], i % parts) is var number && double.IsNaN(number) ? double.NaN : number;
        return values;
    }

    private static (byte[] Bytes, int[] Ends) Joined(IReadOnlyList<CatalogueRow> rows, Func<CatalogueRow, string> text)
    {
        var bytes = new List<byte>(rows.Count * 24);
        int[] ends = new int[rows.Count];
        for (int i = 0; i < ends.Length; i++)
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(text(rows[i])));
            ends[i] = bytes.Count;
        }
        return ([.. bytes], ends);
    }

    private static ReadOnlySpan<SkyCoordinate> Positions(SafetensorsFile file, string name, int count, string path)
    {
        var values = file.Values<double>(name);
        return values.Length == count * 2L ? MemoryMarshal.Cast<double, SkyCoordinate>(values) : throw Damaged(path);
    }

    private static string[] Texts(SafetensorsFile file, string name, int count, string path)
    {
        var bytes = file.Bytes(name);
        var ends = file.Values<int>(name + Ends);
        string[] texts = new string[count];
        for (int i = 0, begin = 0; i < count; i++)
        {
            if (ends.Length != count || ends[i] < begin || ends[i] > bytes.Length)
                throw Damaged(path);
            texts[i] = Encoding.UTF8.GetString(bytes[begin..ends[i]]);
            begin = ends[i];
        }
        return texts;
    }

    private static RadioDiffusionException Damaged(string path) => new($"{path} should hold equally many values in each column of catalogue rows, but it does not: it is damaged.");
}
