namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Many texts as UTF-8 in a few buffers.</summary>
internal sealed class ChunkedTexts
{
    private const int Shift = 16;
    private static readonly CatalogueColumn _column = new("texts", ColumnType.Text);
    private readonly List<TextValues> _chunks = [];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int index] => _chunks[index >> Shift][index & ((1 << Shift) - 1)];

    public string Text(int index) => _chunks[index >> Shift].Text(index & ((1 << Shift) - 1));

    public void Add(ReadOnlySpan<byte> utf8)
    {
        if (Count >> Shift == _chunks.Count)
        {
            if (_chunks.Count > 0)
                _chunks[^1].Trim();
            _chunks.Add(new TextValues(_column, _chunks.Count > 0 ? 1 << Shift : 16));
        }
        _chunks[^1].Add(utf8);
        Count++;
    }
}
