using RadioDiffusion.ModelCore.Evaluation.Comparison;

namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>Confusion matrices side by side: the share of each true class that is taken for each class, with the number of images.</summary>
public static class MatrixPlot
{
    private const double Cell = 62, Left = 96, Top = 62, Right = 24, Bottom = 56;

    /// <param name="matrices">Each with a title, from left to right.</param>
    public static Drawing Draw(IReadOnlyList<(string Title, ConfusionMatrix Matrix)> matrices)
    {
        double width = Left + (matrices[0].Matrix.Classes.Count * Cell) + Right;
        var drawing = new Drawing(matrices.Count * width, Top + (matrices[0].Matrix.Classes.Count * Cell) + Bottom);
        for (int i = 0; i < matrices.Count; i++)
            Draw(drawing, matrices[i].Title, matrices[i].Matrix, i * width);
        return drawing;
    }

    private static void Draw(Drawing drawing, string title, ConfusionMatrix matrix, double x)
    {
        int count = matrix.Classes.Count;
        drawing.Text(x + Left, 20, title, 12);
        drawing.Text(x + Left, 38, FormattableString.Invariant($"accuracy {100 * matrix.Accuracy:0.0} ± {100 * matrix.AccuracyError:0.0} %, {matrix.Images} images"), 10, colour: Drawing.Soft);
        for (int row = 0; row < count; row++)
        {
            double y = Top + (row * Cell);
            drawing.Text(x + Left - 8, y + (Cell / 2) + 4, matrix.Classes[row], 11, TextAnchor.End);
            drawing.Text(x + Left + ((row + 0.5) * Cell), Top + (count * Cell) + 18, matrix.Classes[row], 11, TextAnchor.Middle);
            double sum = matrix.Counts[row].Sum();
            for (int column = 0; column < count; column++)
            {
                double share = sum > 0 ? matrix.Counts[row][column] / sum : 0;
                drawing.Rectangle(x + Left + (column * Cell), y, Cell - 1.5, Cell - 1.5, Shade(share));
                string ink = share > 0.55 ? "#ffffff" : Drawing.Ink;
                drawing.Text(x + Left + ((column + 0.5) * Cell), y + (Cell / 2), sum > 0 ? FormattableString.Invariant($"{100 * share:0} %") : "-", 12, TextAnchor.Middle, ink);
                drawing.Text(x + Left + ((column + 0.5) * Cell), y + (Cell / 2) + 15, FormattableString.Invariant($"{matrix.Counts[row][column]}"), 9, TextAnchor.Middle, share > 0.55 ? "#ffffff" : Drawing.Soft);
            }
        }
        drawing.Text(x + Left + (count * Cell / 2), Top + (count * Cell) + 40, "taken for", 11, TextAnchor.Middle);
        drawing.Text(x + 16, Top + (count * Cell / 2), "is", 11, TextAnchor.Middle, upwards: true);
    }

    /// <summary>White to the blue of the plots.</summary>
    private static string Shade(double share)
    {
        int Mix(int to) => (int)Math.Round(255 + (share * (to - 255)));
        return $"#{Mix(0x2f):x2}{Mix(0x6a):x2}{Mix(0xa8):x2}";
    }
}
