using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>MOCs as text: ASCII such as 8/0-3 9/20, and JSON such as {"8":[0,1,2,3],"9":[20]}.</summary>
/// <remarks>MOC 2.0 (IVOA 2022), "ASCII serialization" and the appendix on JSON. The last order may have no cells: it says the order of the MOC. Orders and cells may be read in any order.</remarks>
public static class MocText
{
    private static readonly char[] _separators = [' ', '\t', '\r', '\n', ','];

    public static string ToAscii(Moc moc)
    {
        var text = new StringBuilder();
        foreach (var cells in ByOrder(moc))
        {
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? " " : "")}{cells.Order}/");
            for (int i = 0, last; i < cells.Pixels.Length; i = last + 1)
            {
                for (last = i; last + 1 < cells.Pixels.Length && cells.Pixels[last + 1] == cells.Pixels[last] + 1;)
                    last++;
                text.Append(CultureInfo.InvariantCulture, $"{(i > 0 ? " " : "")}{cells.Pixels[i]}");
                if (last > i)
                    text.Append(CultureInfo.InvariantCulture, $"-{cells.Pixels[last]}");
            }
        }
        return text.ToString();
    }

    public static string ToJson(Moc moc) =>
        $"{{{string.Join(',', ByOrder(moc).Select(cells => $"\"{cells.Order}\":[{string.Join(',', cells.Pixels)}]"))}}}";

    /// <param name="text">Orders with their cells, separated by blanks, line ends or commas.</param>
    /// <param name="what">The file, for messages.</param>
    /// <exception cref="RadioDiffusionException">It is no MOC.</exception>
    public static Moc ParseAscii(string text, string what = "The MOC")
    {
        string[] items = text.Split(_separators, StringSplitOptions.RemoveEmptyEntries);
        if (items.Length == 0)
            throw new RadioDiffusionException($"{what} should be orders with their cells, such as 8/0-3 9/20, but it is empty.");
        var ranges = new List<MocRange>();
        int order = -1, highest = 0;
        for (int i = 0; i < items.Length; i++)
        {
            string where = $"{what}, item {i + 1} ('{Shortened(items[i])}')", cells = i == 0 && items[i][0] == 's' ? items[i][1..] : items[i];
            if (cells.IndexOf('/') is >= 0 and var slash)
            {
                order = Order(cells[..slash], where);
                highest = Math.Max(highest, order);
                cells = cells[(slash + 1)..];
            }
            if (order < 0)
                throw new RadioDiffusionException($"{where}: the first item should name the order of its cells, as 8/ in 8/0-3.");
            if (cells.Length > 0)
                ranges.Add(Range(order, cells, where));
        }
        return Moc.FromRanges(ranges, highest);
    }

    /// <param name="json">An object with an array of cells for each order.</param>
    /// <param name="what">The file, for messages.</param>
    /// <exception cref="RadioDiffusionException">It is no MOC.</exception>
    public static Moc ParseJson(string json, string what = "The MOC")
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return FromJson(document.RootElement, what);
        }
        catch (JsonException problem)
        {
            throw new RadioDiffusionException($"{what} should be JSON such as {{\"8\":[0,1,2,3],\"9\":[20]}}, but it is not: {problem.Message}", problem);
        }
    }

    private static Moc FromJson(JsonElement root, string what)
    {
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("s", out var space))
            root = space;
        if (root.ValueKind != JsonValueKind.Object)
            throw new RadioDiffusionException($"{what} should be a JSON object such as {{\"8\":[0,1,2,3],\"9\":[20]}}, but it is {Kind(root)}.");
        var ranges = new List<MocRange>();
        int highest = 0;
        foreach (var property in root.EnumerateObject())
        {
            string where = $"{what}, key '{Shortened(property.Name)}'";
            int order = Order(property.Name, where);
            highest = Math.Max(highest, order);
            if (property.Value.ValueKind != JsonValueKind.Array)
                throw new RadioDiffusionException($"{where}: there should be an array of cells, but there is {Kind(property.Value)}.");
            foreach (var cell in property.Value.EnumerateArray())
            {
                if (cell.ValueKind != JsonValueKind.Number || !cell.TryGetInt64(out long pixel))
                    throw new RadioDiffusionException($"{where}: a cell should be a whole number, but it is '{Shortened(cell.GetRawText())}'.");
                ranges.Add(Checked(order, pixel, pixel, where));
            }
        }
        return Moc.FromRanges(ranges, highest);
    }

    /// <summary>The cells by ascending order; at last the order of the MOC, if it has no cells.</summary>
    private static IEnumerable<(int Order, long[] Pixels)> ByOrder(Moc moc)
    {
        int last = -1;
        foreach (var cells in moc.Cells.GroupBy(cell => cell.Order).OrderBy(group => group.Key))
        {
            last = cells.Key;
            yield return (last, [.. cells.Select(cell => cell.Pixel)]);
        }
        if (last < moc.Order)
            yield return (moc.Order, []);
    }

    private static int Order(string text, string where) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int order) && order <= Healpix.LastOrder
            ? order
            : throw new RadioDiffusionException($"{where}: the order should be a whole number from 0 to {Healpix.LastOrder}, but it is '{Shortened(text)}'.");

    private static MocRange Range(int order, string text, string where)
    {
        int dash = text.IndexOf('-');
        return Checked(order, Cell(dash < 0 ? text : text[..dash], where), Cell(text[(dash + 1)..], where), where);
    }

    private static long Cell(string text, string where) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long cell)
        ? cell
        : throw new RadioDiffusionException($"{where}: a cell should be a whole number, or two as in 0-3, but it is '{Shortened(text)}'.");

    private static MocRange Checked(int order, long first, long last, string where)
    {
        if (first < 0 || last >= Healpix.CellCount(order))
            throw new RadioDiffusionException($"{where}: order {order} has cells 0 to {Healpix.CellCount(order) - 1}, but the cell is {(first < 0 ? first : last)}.");
        return first <= last
            ? MocRange.Of(order, first, last)
            : throw new RadioDiffusionException($"{where}: the cells should ascend, but they go from {first} to {last}.");
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        _ => $"'{Shortened(element.GetRawText())}'",
    };

    private static string Shortened(string text)
    {
        const int longest = 40;
        return text.Length <= longest ? text : text[..longest] + "...";
    }
}
