using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>A source of a synthetic sky.</summary>
public readonly record struct SkySource
{
    /// <summary>Band, cell and number in one (<see cref="SkySourceId"/>).</summary>
    public required long Id { get; init; }

    public required SkyCoordinate Position { get; init; }

    /// <summary>The same as unit vector.</summary>
    internal Direction Direction { get; init; }

    /// <summary>Integrated flux, mJy.</summary>
    public required double Flux { get; init; }

    /// <summary>Arc seconds: the width of a Gaussian before the beam.</summary>
    public required double Size { get; init; }

    /// <summary>Degrees from north through east, by which its image is turned.</summary>
    public required double Angle { get; init; }

    /// <summary>alpha, S ~ frequency^alpha.</summary>
    public required double SpectralIndex { get; init; }

    /// <summary>Whether it is an image; the others are Gaussians.</summary>
    public required bool IsResolved { get; init; }

    /// <summary>Of a resolved source of a recipe with classes: which one it is of.</summary>
    public string? Class { get; init; }
}

/// <summary>Name of a source: <c>b2-1234-7</c> is number 7 of cell 1234 in flux band 2.</summary>
public readonly record struct SkySourceId(int Band, long Cell, int Number)
{
    private const int CellBits = 42, NumberBits = 17;

    /// <summary>Sorted as (band, cell, number) are.</summary>
    public long Packed => ((long)Band << (CellBits + NumberBits)) | (Cell << NumberBits) | (long)Number;

    public static SkySourceId Unpack(long packed) =>
        new((int)(packed >> (CellBits + NumberBits)), (packed >> NumberBits) & ((1L << CellBits) - 1), (int)(packed & ((1L << NumberBits) - 1)));

    /// <exception cref="RadioDiffusionException">No name of a source.</exception>
    public static SkySourceId Parse(string text)
    {
        string[] parts = text.Split('-');
        return parts.Length == 3 && parts[0].StartsWith('b') && int.TryParse(parts[0][1..], System.Globalization.NumberStyles.None, null, out int band) && band < 16
            && long.TryParse(parts[1], System.Globalization.NumberStyles.None, null, out long cell) && cell < 1L << CellBits
            && int.TryParse(parts[2], System.Globalization.NumberStyles.None, null, out int number) && number < 1 << NumberBits
            && new SkySourceId(band, cell, number) is var id && id.ToString() == text
            ? id
            : throw new RadioDiffusionException($"A source of a sky is named like b2-1234-7 (flux band, cell, number), but this name is '{text}'.");
    }

    public override string ToString() => FormattableString.Invariant($"b{Band}-{Cell}-{Number}");
}
