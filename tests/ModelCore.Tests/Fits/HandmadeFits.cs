using System.Text;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>FITS files put together card by card, for what our writer never writes.</summary>
internal static class HandmadeFits
{
    /// <summary>A header from cards as they stand in the file, END and padding added.</summary>
    public static byte[] Header(params string[] cards)
    {
        string text = string.Concat(cards.Append("END").Select(card => card.PadRight(80)));
        return Encoding.ASCII.GetBytes(text.PadRight((text.Length + 2879) / 2880 * 2880));
    }

    /// <summary>Data, padded to whole blocks.</summary>
    public static byte[] Data(params byte[] bytes)
    {
        byte[] padded = new byte[(bytes.Length + 2879) / 2880 * 2880];
        bytes.CopyTo(padded, 0);
        return padded;
    }

    public static byte[] EmptyPrimary(params string[] further) => Header(["SIMPLE  =                    T", "BITPIX  =                    8", "NAXIS   =                    0", .. further]);

    public static string Write(TemporaryFolder folder, string name, params byte[][] pieces)
    {
        string path = folder.File(name);
        File.WriteAllBytes(path, [.. pieces.SelectMany(piece => piece)]);
        return path;
    }
}
