namespace RadioDiffusion.ModelCore.Fits;

/// <summary>One keyword with its value and comment. The value is null (undefined), string, long, double or bool.</summary>
public sealed record FitsCard(string Keyword, object? Value, string? Comment);

/// <summary>The keywords of an HDU in order. Of a keyword that occurs twice the first one counts.</summary>
/// <remarks>FITS standard 4.0, section 4. Whole numbers beyond 64 bits are kept as text.</remarks>
public sealed class FitsHeader
{
    private readonly List<FitsCard> _cards = [];
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);

    public IReadOnlyList<FitsCard> Cards => _cards;

    public bool Contains(string keyword) => _index.ContainsKey(keyword);

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

    internal void ReplaceLast(FitsCard card) => _cards[^1] = card;

    private void SetCard(FitsCard card)
    {
        if (_index.TryGetValue(card.Keyword, out int position))
            _cards[position] = card;
        else
            Append(card);
    }

    private object? Value(string keyword) => _index.TryGetValue(keyword, out int position) ? _cards[position].Value : null;
}
