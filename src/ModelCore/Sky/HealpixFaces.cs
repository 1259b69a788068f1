namespace RadioDiffusion.ModelCore.Sky;

/// <summary>How the twelve faces hang together: where one comes to by going beyond the edge of a face.</summary>
/// <remarks>From the map of the twelve faces in Gorski et al. (2005). Column c of a row of faces begins a quarter turn further east than column c - 1.</remarks>
internal static class HealpixFaces
{
    /// <summary>The nested pixel at a position of a face's grid, continued beyond its edges by up to the length of a side; -1 where the sky has nothing there.</summary>
    public static long PixelAt(int order, int face, int x, int y) =>
        TryFold(1 << order, ref face, ref x, ref y) ? ((long)face << (2 * order)) | Healpix.Interleave(x, y) : -1;

    /// <summary>From the continued grid of one face to the face that the position lies on; false beyond a corner where only three faces meet.</summary>
    /// <param name="side">Cells along a side.</param>
    /// <param name="face">The face whose grid it is; then the one it lies on.</param>
    /// <param name="x">-side up to 2 side; then 0 up to side.</param>
    /// <param name="y">As x.</param>
    public static bool TryFold(int side, ref int face, ref int x, ref int y)
    {
        if ((uint)x < (uint)side && (uint)y < (uint)side)
            return true;
        bool isAtEastOrWest = (x >= side && y < 0) || (x < 0 && y >= side), isAtNorthOrSouth = (x >= side && y >= side) || (x < 0 && y < 0);
        if (face >> 2 == 1 ? isAtNorthOrSouth : isAtEastOrWest)
            return false;
        while (!((uint)x < (uint)side && (uint)y < (uint)side))          // two edges at most: around a corner where four faces meet
        {
            (face, x, y) = x >= side ? BeyondNorthEast(side, face, x, y)
                : y >= side ? BeyondNorthWest(side, face, x, y)
                : x < 0 ? BeyondSouthWest(side, face, x, y)
                : BeyondSouthEast(side, face, x, y);
        }
        return true;
    }

    private static (int Face, int X, int Y) BeyondNorthEast(int side, int face, int x, int y) => (face >> 2) switch
    {
        0 => (East(face), y, 2 * side - 1 - x),                          // at the north-western edge of the next face around the pole
        1 => (face & 3, x - side, y),
        _ => (4 + East(face), x - side, y),
    };

    private static (int Face, int X, int Y) BeyondNorthWest(int side, int face, int x, int y) => (face >> 2) switch
    {
        0 => (West(face), 2 * side - 1 - y, x),
        1 => (West(face), x, y - side),
        _ => (4 + (face & 3), x, y - side),
    };

    private static (int Face, int X, int Y) BeyondSouthWest(int side, int face, int x, int y) => (face >> 2) switch
    {
        0 => (4 + face, x + side, y),
        1 => (8 + West(face), x + side, y),
        _ => (8 + West(face), y, -1 - x),                                // at the south-eastern edge of the face before it around the pole
    };

    private static (int Face, int X, int Y) BeyondSouthEast(int side, int face, int x, int y) => (face >> 2) switch
    {
        0 => (4 + East(face), x, y + side),
        1 => (8 + (face & 3), x, y + side),
        _ => (8 + East(face), -1 - y, x),
    };

    /// <summary>The column of faces to the east.</summary>
    private static int East(int face) => (face + 1) & 3;

    private static int West(int face) => (face + 3) & 3;
}
