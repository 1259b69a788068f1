using System.Buffers.Binary;
using System.Text;

namespace RadioDiffusion.ModelCore.Tests.Fits;

/// <summary>Damages a FITS file in one of the ways that break readers; the same number makes the same damage.</summary>
/// <param name="Bytes">The damaged file.</param>
/// <param name="IsOneByte">Whether one byte was changed and no more, which every checksum must notice.</param>
internal sealed record FitsMutation(byte[] Bytes, bool IsOneByte)
{
    private const int Card = 80, Block = 2880;

    private static readonly string[] _values =
    [
        "0", "-1", "1", "2", "3", "8", "16", "64", "-32", "-64", "255", "999", "1000", "65536", "2147483647", "2147483648", "-2147483648", "4294967296", "9223372036854775807",
        "-9223372036854775808", "18446744073709551616", "1E308", "-1E400", "NaN", "T", "F", "''", "'1PB(9)'", "'PE'", "'1QJ'", "'999999999D'", "'X'", "'RICE_1'", "'GZIP_1'", "'GZIP_2'",
        "'HCOMPRESS_1'", "'PLIO_1'", "'NOCOMPRESS'", "'SUBTRACTIVE_DITHER_1'", "'SUBTRACTIVE_DITHER_2'", "'BINTABLE'", "'TABLE'", "'IMAGE'", "'&'", "'unclosed", "",
    ];

    private static readonly string[] _keywords =
    [
        "SIMPLE", "XTENSION", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "NAXIS3", "PCOUNT", "GCOUNT", "TFIELDS", "THEAP", "BSCALE", "BZERO", "BLANK", "GROUPS", "INHERIT", "TFORM1", "TFORM2", "TDIM1",
        "TTYPE1", "TNULL1", "TSCAL1", "TZERO1", "TBCOL1", "ZIMAGE", "ZTABLE", "ZBITPIX", "ZNAXIS", "ZNAXIS1", "ZNAXIS2", "ZTILE1", "ZTILE2", "ZCMPTYPE", "ZQUANTIZ", "ZDITHER0", "ZBLANK", "ZSCALE",
        "ZZERO", "ZNAME1", "ZVAL1", "ZVAL2", "END", "CONTINUE", "HIERARCH", "COMMENT",
    ];

    private static readonly int[] _integers = [0, 1, -1, 2, 255, 256, 65535, int.MaxValue, int.MinValue, 1 << 24, -2147483647];

    /// <summary>Damage number <paramref name="index"/> of a file.</summary>
    public static FitsMutation Of(byte[] original, int index)
    {
        var random = new Random(index);
        byte[] bytes = (byte[])original.Clone();
        int kind = random.Next(12);
        switch (kind)
        {
            case 0 or 1:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 + random.Next(255));
                return new(bytes, true);
            case 2:
                HeaderByte(bytes, random);
                return new(bytes, !bytes.AsSpan().SequenceEqual(original));
            case 3 or 4 or 5:
                for (int i = random.Next(3); i >= 0; i--)
                    ChangeCard(bytes, random);
                break;
            case 6:
                bytes = bytes[..random.Next(bytes.Length)];
                break;
            case 7:
                for (int i = random.Next(1, 20); i > 0; i--)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                break;
            case 8:
                MoveBlock(bytes, random);
                break;
            case 9:
                for (int i = random.Next(1, 4); i > 0; i--)
                    BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(random.Next(Math.Max(1, bytes.Length / 4)) * 4 % Math.Max(1, bytes.Length - 4)), _integers[random.Next(_integers.Length)]);
                break;
            case 10:
                int start = random.Next(bytes.Length), length = Math.Min(random.Next(1, 4000), bytes.Length - start);
                bytes.AsSpan(start, length).Fill((byte)(random.Next(3) * 127));
                break;
            default:
                int cut = random.Next(bytes.Length), count = Math.Min(random.Next(1, 100), bytes.Length - cut);
                bytes = [.. bytes[..cut], .. bytes[(cut + count)..]];
                break;
        }
        return new(bytes, false);
    }

    /// <summary>One character of a header's card becomes another one.</summary>
    private static void HeaderByte(byte[] bytes, Random random)
    {
        const string Characters = "0123456789-+.ETF'/&= ABCIJKPQXZ()";
        bytes[CardAt(bytes, random) + random.Next(30)] = (byte)Characters[random.Next(Characters.Length)];
    }

    private static void ChangeCard(byte[] bytes, Random random)
    {
        int at = CardAt(bytes, random);
        switch (random.Next(4))
        {
            case 0:
                Put(bytes, at, $"{_keywords[random.Next(_keywords.Length)],-8}= {_values[random.Next(_values.Length)]}");
                break;
            case 1:
                bytes.AsSpan(CardAt(bytes, random), Card).CopyTo(bytes.AsSpan(at, Card));
                break;
            case 2:
                bytes.AsSpan(at, Card).Fill((byte)' ');
                break;
            default:
                Put(bytes, at, $"{Encoding.ASCII.GetString(bytes, at, 8)}= {_values[random.Next(_values.Length)]}");
                break;
        }
    }

    private static void Put(byte[] bytes, int at, string card) => Encoding.ASCII.GetBytes(card.PadRight(Card)[..Card]).CopyTo(bytes, at);

    /// <summary>A card of one of the headers.</summary>
    private static int CardAt(byte[] bytes, Random random)
    {
        for (int attempt = 0; attempt < 50; attempt++)
        {
            int at = random.Next(bytes.Length / Card) * Card;
            if (bytes.AsSpan(at, 8).IndexOfAnyExceptInRange((byte)' ', (byte)'Z') < 0 && bytes[at] != ' ')
                return at;
        }
        return 0;
    }

    private static void MoveBlock(byte[] bytes, Random random)
    {
        int blocks = bytes.Length / Block;
        if (blocks > 1)
            bytes.AsSpan(random.Next(blocks) * Block, Block).CopyTo(bytes.AsSpan(random.Next(blocks) * Block, Block));
    }
}
