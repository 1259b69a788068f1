using System.Globalization;
using System.Text.RegularExpressions;

namespace RadioDiffusion.ModelCore.Sky;

public readonly partial record struct HipsTile
{
    private const long TilesInFolder = 10000;

    /// <summary>Where a HiPS keeps the tile, without the extension: NorderK/DirD/NpixN, with D the pixel N rounded down to ten thousands.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"Norder{Order}/Dir{Pixel / TilesInFolder * TilesInFolder}/Npix{Pixel}");

    /// <summary>The tile of a path as <see cref="Path"/> writes it, and no other spelling of it: every tile has one address.</summary>
    /// <exception cref="RadioDiffusionException">It is no such path.</exception>
    public static HipsTile Parse(string path, int width = UsualWidth) =>
        TryParse(path, out var tile, out string problem, width) ? tile : throw new RadioDiffusionException(problem);

    /// <inheritdoc cref="Parse"/>
    /// <param name="path">NorderK/DirD/NpixN.</param>
    /// <param name="tile">The tile.</param>
    /// <param name="problem">What is wrong with the path, for a message; empty if nothing is.</param>
    /// <param name="width">Pixels along a side, a power of two.</param>
    public static bool TryParse(string path, out HipsTile tile, out string problem, int width = UsualWidth)
    {
        tile = default;
        var parts = PathParts().Match(path);
        if (!parts.Success || !int.TryParse(parts.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int order)
            || !long.TryParse(parts.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out long folder)
            || !long.TryParse(parts.Groups[3].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out long pixel))
        {
            problem = $"The path of a HiPS tile should be like 'Norder8/Dir10000/Npix12345', but it is '{path}'.";
            return false;
        }
        int lastOrder = Healpix.LastOrder - int.Log2(width);
        problem = order > lastOrder ? $"'{path}': the order should be 0 to {lastOrder} for tiles {width} pixels wide, but it is {order}."
            : pixel >= Healpix.CellCount(order) ? $"'{path}': order {order} has tiles 0 to {Healpix.CellCount(order) - 1}, but the tile is {pixel}."
            : folder != pixel / TilesInFolder * TilesInFolder ? $"'{path}': tile {pixel} should be in Dir{pixel / TilesInFolder * TilesInFolder}, but the path says Dir{folder}."
            : "";
        if (problem.Length > 0)
            return false;
        tile = new HipsTile(order, pixel, width);
        return true;
    }

    [GeneratedRegex(@"^Norder(0|[1-9][0-9]?)/Dir(0|[1-9][0-9]*)/Npix(0|[1-9][0-9]*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex PathParts();
}
