using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The file Allsky of a HiPS (IVOA HiPS 1.0, 4.3.2): all tiles of order 3, 64 pixels wide, 27 in a row.</summary>
/// <remarks>
/// Such a pixel is a cell of order 9, as are the pixels of the tiles of order 0: nothing is computed for it. Tile 0 is at the top left, also in FITS, where the top row is stored last; what the tiles look like is said at
/// <see cref="HipsTile"/>.
/// </remarks>
public static class SkyAllskyImage
{
    public const int Order = 3, TileWidth = 64, TilesInRow = 27;

    /// <summary>Columns.</summary>
    public const int Width = TileWidth * TilesInRow;

    /// <summary>Rows: 28 rows of 27 tiles, and one of 12.</summary>
    public const int Height = TileWidth * 29;

    /// <param name="baseTile">(512, 512) as FITS has it: the tile of order 0 of a face from 0 to 11; null for one that is not there.</param>
    /// <param name="isShown">Whether a cell of order 3 is in the area that is shown.</param>
    /// <returns>(1856, 1728) as FITS has it; NaN where nothing is.</returns>
    public static float[] Join(Func<int, float[]?> baseTile, Func<HealpixCell, bool> isShown)
    {
        float[] image = new float[Width * Height];
        Array.Fill(image, float.NaN);
        for (int face = 0; face < 12; face++)
        {
            if (baseTile(face) is not { } pixels)
                continue;
            var whole = new HipsTile(0, face);
            for (int part = 0; part < 64; part++)
            {
                var cell = new HealpixCell(Order, face * 64 + part);
                if (isShown(cell))
                    Copy(pixels, whole, new HipsTile(Order, cell.Pixel, TileWidth), image);
            }
        }
        return image;
    }

    private static void Copy(float[] from, HipsTile whole, HipsTile tile, float[] image)
    {
        int left = (int)(tile.Pixel % TilesInRow) * TileWidth, top = (int)(tile.Pixel / TilesInRow) * TileWidth;
        for (int row = 0; row < TileWidth; row++)
        {
            int target = (Height - 1 - top - tile.PngRow(row)) * Width + left;
            for (int column = 0; column < TileWidth; column++)
            {
                var (fromColumn, fromRow) = whole.PixelOf(tile.CellAt(column, row));
                image[target + column] = from[fromRow * whole.Width + fromColumn];
            }
        }
    }
}
