namespace RadioDiffusion.ModelCore.Training;

/// <summary>Which part of every batch is a trainer's.</summary>
/// <param name="Rank">Which of the trainers it is, from 0.</param>
/// <param name="Size">How many there are.</param>
public readonly record struct TrainerShare(int Rank, int Size)
{
    /// <summary>The whole is dealt out in order, as evenly as it goes.</summary>
    internal (int Offset, int Size) Of(int count)
    {
        int offset = (int)((long)count * Rank / Size);
        return (offset, (int)((long)count * (Rank + 1) / Size) - offset);
    }
}
