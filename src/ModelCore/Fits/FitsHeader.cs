using System.Globalization;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>One keyword with its value and comment. The value is null (undefined), string, long, double or bool.</summary>
public sealed record FitsCard(string Keyword, object? Value, string? Comment);

/// <summary>The keywords of an HDU in order. Of a keyword that occurs twice the first one counts.</summary>
/// <remarks>
/// FITS standard 4.0, section 4. Whole numbers beyond 64 bits are read as floating point. With INHERIT = T in an extension, keywords that
/// it lacks are looked up in a primary header without data; <see cref="Cards"/> are the HDU's own.
/// </remarks>
public sealed class FitsHeader
{
    private readonly List<FitsCard> _cards = [];
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
    private FitsHeader? _inherited;

    public IReadOnlyList<FitsCard> Cards => _cards;

    public bool Contains(string keyword) => Find(keyword) != null;

    public string? GetString(string keyword) => Value(keyword) as string;

    /// <summary>A number; whole numbers are converted. Null if the keyword is absent, undefined or no number.</summary>
    public double? GetDouble(string keyword) => Value(keyword) switch
    {
        double number => number,
        long number => number,
        _ => null,
    };

    public long? GetInteger(string keyword) => Value(keyword) switch
    {
        long number => number,
        double number when number == Math.Floor(number) && Math.Abs(number) < 9e15 => (long)number,
        _ => null,
    };

    public bool? GetBoolean(string keyword) => Value(keyword) as bool?;

    public void Set(string keyword, string value, string? comment = null) => SetCard(new FitsCard(keyword, value, comment));

    public void Set(string keyword, double value, string? comment = null) => SetCard(new FitsCard(keyword, value, comment));

    public void Set(string keyword, long value, string? comment = null) => SetCard(new FitsCard(keyword, value, comment));

    public void Set(string keyword, bool value, string? comment = null) => SetCard(new FitsCard(keyword, value, comment));

    public void AddHistory(string text) => Append(new FitsCard("HISTORY", text, null));

    public void AddComment(string text) => Append(new FitsCard("COMMENT", text, null));

    internal void Append(FitsCard card)
    {
        _index.TryAdd(card.Keyword, _cards.Count);
        _cards.Add(card);
    }

    /// <summary>The value as a message should show it.</summary>
    internal string Text(string keyword) => Convert.ToString(Value(keyword), CultureInfo.InvariantCulture) ?? "";

    /// <summary>INHERIT = T takes keywords from a primary header that describes no data of its own (section 4.4.2.6).</summary>
    internal void InheritFrom(FitsHdu primary)
    {
        if (GetBoolean("INHERIT") == true && primary.Header.GetInteger("NAXIS") == 0)
            _inherited = primary.Header;
    }

    /// <summary>Looks up what it lacks where another header of the same HDU does.</summary>
    internal void InheritAs(FitsHeader other) => _inherited = other._inherited;

    private void SetCard(FitsCard card)
    {
        if (_index.TryGetValue(card.Keyword, out int position))
            _cards[position] = card;
        else
            Append(card);
    }

    private object? Value(string keyword) => Find(keyword)?.Value;

    private FitsCard? Find(string keyword)
    {
        if (_index.TryGetValue(keyword, out int position))
            return _cards[position];
        return _inherited is null || FitsHeaderRules.DescribesData(keyword) ? null : _inherited.Find(keyword);
    }
}
