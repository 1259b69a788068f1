namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>A large island taken apart where it is narrow.</summary>
/// <param name="Opening">Side of the square that was too large for the bridges, in pixels.</param>
/// <param name="Parts">Masks on the island's box; together they cover it.</param>
internal sealed record IslandSplit(int Opening, IReadOnlyList<bool[]> Parts)
{
    /// <returns>Null if it holds together.</returns>
    public static IslandSplit? Of(Island island)
    {
        var fine = WithSquareOf(3, island);
        if (fine is null)
            return null;
        double[] fineShares = fine.Shares();
        var coarse = WithSquareOf(5, island);
        if (coarse is not null)
        {
            double[] shares = coarse.Shares();
            double smallest = shares.Order().Take(Math.Max(0, shares.Length - fineShares.Length)).Sum();
            if (shares.Max() < 0.75 * fineShares.Max() || smallest > 0.1)
                return coarse;
        }
        return fineShares.Max() < 0.8 ? fine : null;
    }

    private double[] Shares()
    {
        double[] counts = [.. Parts.Select(part => (double)part.Count(inside => inside))];
        double all = counts.Sum();
        return [.. counts.Select(count => count / all)];
    }

    private static IslandSplit? WithSquareOf(int side, Island island)
    {
        var (width, height) = (island.Width, island.Height);
        bool[] opened = Morphology.Open(island.Mask, width, height, side);
        DeleteContacts(opened, width, height);
        int[] labels = new int[opened.Length];
        int count = ConnectedRegions.Label(opened, width, height, labels);
        return count > 0 && GiveLeftovers(island, opened, labels, count)
            ? new IslandSplit(side, [.. Enumerable.Range(1, count).Select(label => labels.Select(found => found == label).ToArray())])
            : null;
    }

    /// <summary>Deletes pixels that alone hold two groups together, one after another.</summary>
    private static void DeleteContacts(bool[] opened, int width, int height)
    {
        bool[] around = new bool[9];
        int[] labels = new int[9];
        for (int x = 0; x < width; x++)
        {
            for (int y = 0; y < height; y++)
            {
                int at = (x * height) + y;
                if (!opened[at])
                    continue;
                for (int i = 0; i < 9; i++)
                {
                    int nextX = x + (i / 3) - 1, nextY = y + (i % 3) - 1;
                    around[i] = i != 4 && nextX >= 0 && nextX < width && nextY >= 0 && nextY < height && opened[(nextX * height) + nextY];
                }
                if (ConnectedRegions.Label(around, 3, 3, labels) > 1)
                    opened[at] = false;
            }
        }
    }

    /// <summary>Gives each group of pixels that no square covers to the part it touches, the smallest if there are several.</summary>
    /// <returns>False if one touches none.</returns>
    private static bool GiveLeftovers(Island island, bool[] opened, int[] labels, int count)
    {
        var (width, height) = (island.Width, island.Height);
        bool[] left = [.. island.Mask.Zip(opened, (inside, covered) => inside && !covered)];
        int[] groups = new int[left.Length];
        int groupCount = ConnectedRegions.Label(left, width, height, groups);
        int[] sizes = new int[count + 1];
        foreach (int label in labels)
            sizes[label]++;
        int[] owners = new int[groupCount + 1];
        for (int pixel = 0; pixel < groups.Length; pixel++)
        {
            if (groups[pixel] == 0)
                continue;
            int x = pixel / height, y = pixel % height;
            ref int owner = ref owners[groups[pixel]];
            for (int nextX = Math.Max(x - 1, 0); nextX <= Math.Min(x + 1, width - 1); nextX++)
            {
                for (int nextY = Math.Max(y - 1, 0); nextY <= Math.Min(y + 1, height - 1); nextY++)
                {
                    int label = labels[(nextX * height) + nextY];
                    if (label != 0 && (owner == 0 || sizes[label] < sizes[owner] || (sizes[label] == sizes[owner] && label < owner)))
                        owner = label;
                }
            }
        }
        if (owners.Skip(1).Contains(0))
            return false;
        for (int pixel = 0; pixel < groups.Length; pixel++)
        {
            if (groups[pixel] != 0)
                labels[pixel] = owners[groups[pixel]];
        }
        return true;
    }
}
