using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>A piece of a study's file with its place: a scalar, a list or a mapping. JSON is read as the YAML that it is.</summary>
internal abstract record StudyNode(StudyPlace Place)
{
    private const int Deepest = 40;

    /// <summary>In words, for messages.</summary>
    public abstract string Described { get; }

    /// <returns>Null where the text is not YAML, which has been told.</returns>
    public static StudyNode? Parse(string file, string text, StudyProblems problems)
    {
        try
        {
            var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                problems.Add(new StudyPlace(file, 1, 1), "The file is empty; a study has at least 'targets:'.");
                return null;
            }
            parser.Consume<DocumentStart>();
            var node = Read(parser, file, problems, 0);
            parser.Consume<DocumentEnd>();
            if (parser.Accept<DocumentStart>(out var second))
                problems.Add(PlaceOf(file, second.Start), "A study is one document, but another one begins here ('---').");
            return node;
        }
        catch (YamlException error)
        {
            problems.Add(PlaceOf(file, error.Start), $"This is not YAML: {error.Message}");
            return null;
        }
    }

    private static StudyNode Read(Parser parser, string file, StudyProblems problems, int depth)
    {
        var here = parser.Current ?? throw new YamlException("The file ends too early.");
        var place = PlaceOf(file, here.Start);
        if (depth > Deepest)
            throw new YamlException(here.Start, here.End, $"Lists and mappings are nested more than {Deepest} deep.");
        if (parser.TryConsume<Scalar>(out var scalar))
            return new ScalarNode(place, scalar.Value, scalar.Style == ScalarStyle.Plain);
        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<StudyNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
                items.Add(Read(parser, file, problems, depth + 1));
            return new ListNode(place, items);
        }
        if (parser.TryConsume<MappingStart>(out _))
            return ReadMap(parser, file, place, problems, depth);
        throw new YamlException(here.Start, here.End, "Anchors and aliases (&, *) are not used here: a property says a value once for several places.");
    }

    private static MapNode ReadMap(Parser parser, string file, StudyPlace place, StudyProblems problems, int depth)
    {
        var entries = new List<MapEntry>();
        var known = new HashSet<string>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = Read(parser, file, problems, depth + 1);
            var value = Read(parser, file, problems, depth + 1);
            if (key is not ScalarNode name)
                problems.Add(key.Place, $"A key should be a word, but it is {key.Described}.");
            else if (!known.Add(name.Text))
                problems.Add(key.Place, $"'{name.Text}' is there twice.");
            else
                entries.Add(new MapEntry(name.Text, key.Place, value));
        }
        return new MapNode(place, entries);
    }

    private static StudyPlace PlaceOf(string file, Mark mark) => new(file, Math.Max(1, (int)mark.Line), Math.Max(1, (int)mark.Column));
}

/// <summary>A word, number or text. A plain one (without quotes) may be a number, true, false or null.</summary>
internal sealed record ScalarNode(StudyPlace Place, string Text, bool IsPlain) : StudyNode(Place)
{
    public override string Described => $"'{Text}'";

    public bool IsNull => IsPlain && Text is "" or "~" or "null";

    /// <summary>The place of a letter of the text, where it stands on one line.</summary>
    public StudyPlace PlaceAt(int letter) => Place with { Column = Place.Column + letter + (IsPlain ? 0 : 1) };

    /// <summary>By the rules of YAML's core schema.</summary>
    public JsonNode? ToJson() => IsPlain ? Plain(Text) : JsonValue.Create(Text);

    /// <summary>What a plain word stands for: null, true, false, a number or text.</summary>
    public static JsonNode? Plain(string text)
    {
        if (text is "" or "~" or "null")
            return null;
        if (text is "true" or "false")
            return JsonValue.Create(text == "true");
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
            return JsonValue.Create(whole);
        bool looksLikeNumber = char.IsAsciiDigit(text[0]) || (text.Length > 1 && text[0] is '-' or '+' or '.' && (char.IsAsciiDigit(text[1]) || text[1] == '.'));
        return looksLikeNumber && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }
}

internal sealed record ListNode(StudyPlace Place, IReadOnlyList<StudyNode> Items) : StudyNode(Place)
{
    public override string Described => "a list";
}

internal sealed record MapNode(StudyPlace Place, IReadOnlyList<MapEntry> Entries) : StudyNode(Place)
{
    public override string Described => "a mapping";

    public StudyNode? Find(string key) => Entries.FirstOrDefault(entry => entry.Key == key)?.Value;
}

internal sealed record MapEntry(string Key, StudyPlace KeyPlace, StudyNode Value);
