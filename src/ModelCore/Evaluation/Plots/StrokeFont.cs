using System.Globalization;

namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>
/// Letters as strokes of a pen, so that a plot looks the same on every machine: servers often have no fonts, and the drawing library brings none.
/// </summary>
/// <remarks>
/// Each glyph is drawn here on a grid: strokes separated by blanks, points xy by commas, y upwards, 2 the base line, 6 the height of small letters, 8 that of capitals.
/// </remarks>
internal static class StrokeFont
{
    private const double CapitalHeight = 6, BaseLine = 2, Gap = 1.7, Blank = 2.6;
    private const string Unknown = "02,08,48,42,02";

    /// <summary>Capital height over font size.</summary>
    private const double CapitalShare = 0.68;

    private static readonly Dictionary<char, string> _strokes = new()
    {
        ['A'] = "02,28 28,42 14,34",
        ['B'] = "02,08 08,28,37,36,25,05 25,35,44,43,32,02",
        ['C'] = "47,38,18,07,03,12,32,43",
        ['D'] = "02,08 08,28,46,44,22,02",
        ['E'] = "48,08 08,02 02,42 05,35",
        ['F'] = "48,08 08,02 05,35",
        ['G'] = "47,38,18,07,03,12,32,43,45,25",
        ['H'] = "08,02 48,42 05,45",
        ['I'] = "08,02",
        ['J'] = "38,33,22,12,03",
        ['K'] = "08,02 48,04 26,42",
        ['L'] = "08,02 02,42",
        ['M'] = "02,08 08,25 25,48 48,42",
        ['N'] = "02,08 08,42 42,48",
        ['O'] = "28,18,07,03,12,32,43,47,38,28",
        ['P'] = "02,08 08,38,47,46,35,05",
        ['Q'] = "28,18,07,03,12,32,43,47,38,28 24,42",
        ['R'] = "02,08 08,38,47,46,35,05 25,42",
        ['S'] = "47,38,18,07,06,15,35,44,43,32,12,03",
        ['T'] = "08,48 28,22",
        ['U'] = "08,03,12,32,43,48",
        ['V'] = "08,22 22,48",
        ['W'] = "08,12 12,26 26,32 32,48",
        ['X'] = "08,42 48,02",
        ['Y'] = "08,25,48 25,22",
        ['Z'] = "08,48 48,02 02,42",
        ['0'] = "28,18,07,03,12,32,43,47,38,28",
        ['1'] = "06,28 28,22",
        ['2'] = "07,18,38,47,46,02 02,42",
        ['3'] = "07,18,38,47,46,35,15 35,44,43,32,12,03",
        ['4'] = "32,38 38,04 04,44",
        ['5'] = "48,08 08,05 05,35,44,43,32,12,03",
        ['6'] = "47,38,18,07,03,12,32,43,44,35,15,04",
        ['7'] = "08,48 48,12",
        ['8'] = "25,15,06,07,18,38,47,46,35,15,04,03,12,32,43,44,35,25",
        ['9'] = "46,35,15,06,07,18,38,47,43,32,12,03",
        ['a'] = "46,42 45,36,16,05,03,12,32,43",
        ['b'] = "08,02 05,16,36,45,43,32,12,03",
        ['c'] = "35,26,16,05,03,12,22,33",
        ['d'] = "48,42 45,36,16,05,03,12,32,43",
        ['e'] = "04,44,45,36,16,05,03,12,32,43",
        ['f'] = "28,18,07,02 06,26",
        ['g'] = "46,41,30,10,01 45,36,16,05,03,12,32,43",
        ['h'] = "08,02 05,16,26,35,32",
        ['i'] = "06,02 08,08",
        ['j'] = "16,11,00 18,18",
        ['k'] = "08,02 36,03 14,32",
        ['l'] = "08,02",
        ['m'] = "06,02 05,16,25,22 25,36,45,42",
        ['n'] = "06,02 05,16,26,35,32",
        ['o'] = "26,16,05,03,12,32,43,45,36,26",
        ['p'] = "06,00 05,16,36,45,43,32,12,03",
        ['q'] = "46,40 45,36,16,05,03,12,32,43",
        ['r'] = "06,02 05,16,26",
        ['s'] = "35,26,16,05,14,24,33,22,12,03",
        ['t'] = "08,03,12,22 06,26",
        ['u'] = "06,03,12,22,33 36,32",
        ['v'] = "06,22 22,46",
        ['w'] = "06,12 12,25 25,32 32,46",
        ['x'] = "06,32 36,02",
        ['y'] = "06,22 46,10,00",
        ['z'] = "06,36 36,02 02,32",
        ['.'] = "02,02",
        [','] = "12,01",
        [':'] = "02,02 05,05",
        [';'] = "12,01 15,15",
        ['-'] = "05,25",
        ['+'] = "05,45 27,23",
        ['='] = "04,44 06,46",
        ['/'] = "01,38",
        ['('] = "18,06,04,12",
        [')'] = "08,16,14,02",
        ['['] = "18,08 08,01 01,11",
        [']'] = "08,18 18,11 11,01",
        ['%'] = "02,48 08,18,17,07,08 33,43,42,32,33",
        ['<'] = "47,05 05,43",
        ['>'] = "07,45 45,03",
        ['\''] = "08,06",
        ['"'] = "08,06 18,16",
        ['_'] = "01,41",
        ['|'] = "08,01",
        ['!'] = "08,04 02,02",
        ['?'] = "07,18,28,37,36,25,24 22,22",
        ['&'] = "42,07,18,27,05,03,12,22,44",
        ['*'] = "28,24 07,45 47,05",
        ['#'] = "12,18 32,38 04,44 06,46",
        ['^'] = "06,28,46",
        ['~'] = "04,15,34,45",
        ['°'] = "08,18,17,07,08",
        ['²'] = "08,18,17,06,16",
        ['×'] = "06,33 36,03",
        ['±'] = "06,46 28,24 02,42",
        ['Δ'] = "02,28,42,02",
        ['ω'] = "16,05,03,12,23,25 23,32,43,45,36",
        ['σ'] = "46,16,05,03,12,22,33,35,26",
        ['λ'] = "08,18,42 26,02",
        ['τ'] = "06,36 16,13,22,32",
        ['α'] = "46,34,22,12,03,05,16,26,34,42",
        ['β'] = "00,07,18,28,37,36,25,34,33,22,12",
        ['μ'] = "00,06 03,12,22,33 36,32",
    };

    private static readonly Dictionary<char, (double X, double Y)[][]> _glyphs = _strokes.ToDictionary(pair => pair.Key, pair => Parse(pair.Value));
    private static readonly (double X, double Y)[][] _unknown = Parse(Unknown);

    /// <summary>Length of a line of text, in the unit of its size.</summary>
    public static double Width(string text, double size) => Math.Max(0, text.Sum(letter => Advance(letter)) - Gap) * Unit(size);

    /// <summary>The strokes of a line of text whose base line begins at 0, 0; y downwards. A stroke of two equal points is a dot.</summary>
    public static IEnumerable<(double X, double Y)[]> Strokes(string text, double size)
    {
        double unit = Unit(size), x = 0;
        foreach (char letter in text)
        {
            double left = x;
            foreach (var stroke in letter == ' ' ? [] : _glyphs.GetValueOrDefault(letter, _unknown))
                yield return Array.ConvertAll(stroke, point => ((left + point.X) * unit, (BaseLine - point.Y) * unit));
            x += Advance(letter);
        }
    }

    private static double Unit(double size) => size * CapitalShare / CapitalHeight;

    private static double Advance(char letter) => letter == ' ' ? Blank : _glyphs.GetValueOrDefault(letter, _unknown).Max(stroke => stroke.Max(point => point.X)) + Gap;

    private static (double X, double Y)[][] Parse(string strokes) =>
        [.. strokes.Split(' ').Select(stroke => stroke.Split(',').Select(point => (Digit(point[0]), Digit(point[1]))).ToArray())];

    private static double Digit(char letter) => CharUnicodeInfo.GetDecimalDigitValue(letter);
}
