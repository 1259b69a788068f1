namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>A list that grows by pieces of equal length, so that growing neither copies nor leaves room unused.</summary>
internal sealed class ChunkedList<T>
{
    private const int Shift = 16;
    private readonly List<T[]> _chunks = [];
    private int _free;

    public T this[int index] => _chunks[index >> Shift][index & ((1 << Shift) - 1)];

    public void Add(T value)
    {
        if (_free == 0)
        {
            _chunks.Add(new T[1 << Shift]);
            _free = 1 << Shift;
        }
        _chunks[^1][(1 << Shift) - _free--] = value;
    }
}
