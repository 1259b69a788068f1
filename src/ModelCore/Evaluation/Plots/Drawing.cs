using System.Globalization;
using System.Net;
using System.Text;
using SkiaSharp;

namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>Where a text stands in relation to its point.</summary>
public enum TextAnchor
{
    Start,
    Middle,
    End,
}

/// <summary>Lines, areas, texts and images on white paper, written as PNG or as SVG; x to the right, y down, in points.</summary>
/// <param name="width">Of the paper.</param>
/// <param name="height">Of the paper.</param>
public sealed class Drawing(double width, double height)
{
    /// <summary>Colours as #rrggbb.</summary>
    public const string Ink = "#1b1f24", Soft = "#57606a", Pale = "#d5dae0", Blue = "#4c86c2", Red = "#b3461f";

    private const double PenOfText = 0.085;                  // of the size
    private readonly List<IShape> _shapes = [];

    private interface IShape
    {
        void Draw(SKCanvas canvas);

        string Svg();
    }

    public double Width => width;

    public double Height => height;

    public void Rectangle(double x, double y, double shapeWidth, double shapeHeight, string fill) => _shapes.Add(new Box(x, y, shapeWidth, shapeHeight, fill));

    /// <summary>A line through points.</summary>
    public void Line(IReadOnlyList<(double X, double Y)> points, string colour, double pen = 1, bool dashed = false) => _shapes.Add(new Polyline(points, colour, pen, dashed));

    /// <summary>One line of text; <paramref name="upwards"/> turns it by 90 degrees.</summary>
    public void Text(double x, double y, string text, double size = 11, TextAnchor anchor = TextAnchor.Start, string colour = Ink, bool upwards = false) =>
        _shapes.Add(new Letters(x, y, text, size, anchor, colour, upwards));

    /// <summary>An image of the sky as in <see cref="Picture"/>, the first row at the bottom.</summary>
    /// <param name="x">Left.</param>
    /// <param name="y">Top.</param>
    /// <param name="side">Of the square it fills.</param>
    /// <param name="pixels">(imageSide, imageSide).</param>
    /// <param name="imageSide">Pixels.</param>
    public void Image(double x, double y, double side, float[] pixels, int imageSide) => _shapes.Add(new SkyImage(x, y, side, pixels, imageSide));

    /// <summary>Words in lines no longer than a width.</summary>
    /// <returns>Where the next line would stand.</returns>
    public double Paragraph(double x, double y, double lineWidth, string text, double size = 10, string colour = Soft)
    {
        foreach (string line in Lines(text, lineWidth, size))
        {
            Text(x, y, line, size, TextAnchor.Start, colour);
            y += size * LineHeight;
        }
        return y;
    }

    /// <summary>Height of a paragraph.</summary>
    public static double ParagraphHeight(string text, double lineWidth, double size = 10) => Lines(text, lineWidth, size).Count * size * LineHeight;

    /// <param name="scale">Screen pixels a point.</param>
    public byte[] ToPng(int scale = 2)
    {
        using var bitmap = new SKBitmap((int)Math.Ceiling(width * scale), (int)Math.Ceiling(height * scale), SKColorType.Rgba8888, SKAlphaType.Opaque);
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(SKColors.White);
            canvas.Scale(scale);
            foreach (var shape in _shapes)
                shape.Draw(canvas);
        }
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    public string ToSvg()
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:0.##} {height:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" font-family=\"sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
        foreach (var shape in _shapes)
            svg.Append(shape.Svg()).Append('\n');
        return svg.Append("</svg>\n").ToString();
    }

    private const double LineHeight = 1.4;

    private static List<string> Lines(string text, double lineWidth, double size)
    {
        var lines = new List<string>();
        string line = "";
        foreach (string word in text.Split(' '))
        {
            string longer = line.Length == 0 ? word : $"{line} {word}";
            if (line.Length > 0 && StrokeFont.Width(longer, size) > lineWidth)
            {
                lines.Add(line);
                line = word;
            }
            else
            {
                line = longer;
            }
        }
        lines.Add(line);
        return lines;
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Box(double X, double Y, double BoxWidth, double BoxHeight, string Fill) : IShape
    {
        public void Draw(SKCanvas canvas)
        {
            using var paint = new SKPaint { Color = SKColor.Parse(Fill), IsAntialias = true };
            canvas.DrawRect((float)X, (float)Y, (float)BoxWidth, (float)BoxHeight, paint);
        }

        public string Svg() => Format($"<rect x=\"{X:0.##}\" y=\"{Y:0.##}\" width=\"{BoxWidth:0.##}\" height=\"{BoxHeight:0.##}\" fill=\"{Fill}\"/>");
    }

    private sealed record Polyline(IReadOnlyList<(double X, double Y)> Points, string Colour, double Pen, bool Dashed) : IShape
    {
        private static readonly float[] _dash = [5, 4];

        public void Draw(SKCanvas canvas)
        {
            using var paint = new SKPaint { Color = SKColor.Parse(Colour), IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeWidth = (float)Pen };
            using var dash = Dashed ? SKPathEffect.CreateDash(_dash, 0) : null;
            paint.PathEffect = dash;
            using var path = PathOf(Points);
            canvas.DrawPath(path, paint);
        }

        public string Svg() => Format(
            $"<polyline points=\"{string.Join(' ', Points.Select(point => Format($"{point.X:0.##},{point.Y:0.##}")))}\" fill=\"none\" stroke=\"{Colour}\" stroke-width=\"{Pen:0.##}\"{(Dashed ? " stroke-dasharray=\"5 4\"" : "")}/>");
    }

    private sealed record Letters(double X, double Y, string Content, double Size, TextAnchor Anchor, string Colour, bool Upwards) : IShape
    {
        public void Draw(SKCanvas canvas)
        {
            double shift = Anchor switch { TextAnchor.Start => 0, TextAnchor.Middle => 0.5, _ => 1 } * StrokeFont.Width(Content, Size);
            canvas.Save();
            canvas.Translate((float)X, (float)Y);
            if (Upwards)
                canvas.RotateDegrees(-90);
            canvas.Translate((float)-shift, 0);
            using var round = SKPathEffect.CreateCorner((float)(Size * 0.16));
            using var pen = new SKPaint
            {
                Color = SKColor.Parse(Colour),
                IsAntialias = true,
                Style = SKPaintStyle.Stroke,
                StrokeWidth = (float)(Size * PenOfText),
                StrokeCap = SKStrokeCap.Round,
                StrokeJoin = SKStrokeJoin.Round,
                PathEffect = round,
            };
            using var dot = new SKPaint { Color = SKColor.Parse(Colour), IsAntialias = true };
            foreach (var stroke in StrokeFont.Strokes(Content, Size))
            {
                if (stroke is [var first, var last] && first == last)
                {
                    canvas.DrawCircle((float)first.X, (float)first.Y, (float)(Size * PenOfText * 0.75), dot);
                    continue;
                }
                using var path = PathOf(stroke);
                canvas.DrawPath(path, pen);
            }
            canvas.Restore();
        }

        public string Svg()
        {
            string anchor = Anchor switch { TextAnchor.Start => "start", TextAnchor.Middle => "middle", _ => "end" };
            string turn = Upwards ? Format($" transform=\"rotate(-90 {X:0.##} {Y:0.##})\"") : "";
            return Format($"<text x=\"{X:0.##}\" y=\"{Y:0.##}\" font-size=\"{Size:0.##}\" text-anchor=\"{anchor}\" fill=\"{Colour}\"{turn}>{WebUtility.HtmlEncode(Content)}</text>");
        }
    }

    private sealed record SkyImage(double X, double Y, double Side, float[] Pixels, int ImageSide) : IShape
    {
        public void Draw(SKCanvas canvas)
        {
            using var bitmap = Picture.Bitmap(Pixels, ImageSide, ImageSide);
            using var image = SKImage.FromBitmap(bitmap);
            // Pixels stay squares where they are enlarged; a reduced image is averaged, so that no source is lost.
            var sampling = Side * 2 >= ImageSide ? new SKSamplingOptions(SKFilterMode.Nearest) : new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear);
            canvas.DrawImage(image, SKRect.Create((float)X, (float)Y, (float)Side, (float)Side), sampling);
        }

        public string Svg() => Format(
            $"<image x=\"{X:0.##}\" y=\"{Y:0.##}\" width=\"{Side:0.##}\" height=\"{Side:0.##}\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{Convert.ToBase64String(Picture.Png(Pixels, ImageSide, ImageSide))}\"/>");
    }

    private static SKPath PathOf(IReadOnlyList<(double X, double Y)> points)
    {
        using var builder = new SKPathBuilder();
        for (int i = 0; i < points.Count; i++)
        {
            if (i == 0)
                builder.MoveTo((float)points[i].X, (float)points[i].Y);
            else
                builder.LineTo((float)points[i].X, (float)points[i].Y);
        }
        return builder.Detach();
    }
}
