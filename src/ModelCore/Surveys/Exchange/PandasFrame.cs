using PureHDF;

namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>The numeric columns of a table that pandas wrote in its "fixed" format.</summary>
/// <remarks>
/// Groups hold <c>axis0</c> (names of all columns), <c>axis1</c> (the index) and, for each block of columns of one type, <c>blockK_items</c> (their names) and
/// <c>blockK_values</c> (rows x columns); the order of the blocks varies. Text columns are pickled Python objects, which are code: they are never read.
/// </remarks>
internal static class PandasFrame
{
    /// <summary>Column name to values; empty for a table in another format.</summary>
    public static Dictionary<string, double[]> ReadNumbers(Hdf5File file, IH5Group group)
    {
        var columns = new Dictionary<string, double[]>(StringComparer.Ordinal);
        for (int block = 0; file.FindDataset(group, $"block{block}_items") is { } items; block++)
        {
            if (file.FindDataset(group, $"block{block}_values") is not { } values || values.Type.Class == H5DataTypeClass.VariableLength)
                continue;
            string[] names = file.ReadTexts(items);
            int[] shape = file.Shape(values);
            if (shape.Length != 2 || shape[1] != names.Length)
                throw file.Error($"'{group.Name}/block{block}_values' should have one column for each of the {names.Length} names in block{block}_items, but its shape is ({string.Join(", ", shape)})");
            double[] numbers = file.ReadDoubles(values);
            for (int column = 0; column < names.Length; column++)
                columns[names[column]] = [.. Enumerable.Range(0, shape[0]).Select(row => numbers[row * names.Length + column])];
        }
        return columns;
    }
}
