namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>The 10,000 random numbers that subtractive dithering adds before quantisation.</summary>
/// <remarks>FITS 4.0, appendix I: the generator of Park and Miller (1988) with seed 1.</remarks>
internal static class DitherSequence
{
    public const int Length = 10000;
    private static readonly float[] _numbers = Make();

    public static ReadOnlySpan<float> Numbers => _numbers;

    /// <summary>Where a tile starts, and where it goes on after the last number: at 500 times the number at this index.</summary>
    public static int Start(int index) => (int)(_numbers[index] * 500);

    private static float[] Make()
    {
        const long Multiplier = 16807, Modulus = 2147483647, ExpectedLast = 1043618065;
        float[] numbers = new float[Length];
        long seed = 1;
        for (int i = 0; i < Length; i++)
        {
            seed = seed * Multiplier % Modulus;
            numbers[i] = (float)(seed / (double)Modulus);
        }
        return seed == ExpectedLast ? numbers : throw new InvalidOperationException($"The dither sequence should end with the seed {ExpectedLast}, but it ends with {seed}.");
    }
}
