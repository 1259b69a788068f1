namespace RadioDiffusion.ModelCore.Tests;

public class RandomStreamTests
{
    /// <summary>Known answers of the Random123 distribution (kat_vectors, philox4x32 10).</summary>
    [Theory]
    [InlineData(0x00000000u, 0x00000000u, new uint[] { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 })]
    [InlineData(0xffffffffu, 0xffffffffu, new uint[] { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd })]
    public void Philox_KnownCounterAndKey_GivesThePublishedWords(uint counter, uint key, uint[] expected)
    {
        var words = new uint[4];
        RandomStream.Philox(counter, counter, counter, counter, key, key, words);
        Assert.Equal(expected, words);
    }

    [Fact]
    public void NextNormal_ManyDraws_HasUnitVarianceAndNoMean()
    {
        var stream = new RandomStream(1, "test");
        var values = Enumerable.Range(0, 100_000).Select(_ => stream.NextNormal()).ToArray();
        Assert.Equal(0, values.Average(), 0.01);             // three standard errors of the mean
        Assert.Equal(1, values.Average(v => v * v), 0.0135); // three standard errors of the variance
    }

    [Fact]
    public void Streams_OfDifferentIndexOrPurpose_Differ()
    {
        ulong first = new RandomStream(1, "noise", 0).NextUInt64();
        Assert.Equal(first, new RandomStream(1, "noise", 0).NextUInt64());
        Assert.NotEqual(first, new RandomStream(1, "noise", 1).NextUInt64());
        Assert.NotEqual(first, new RandomStream(1, "order", 0).NextUInt64());
        Assert.NotEqual(first, new RandomStream(2, "noise", 0).NextUInt64());
    }

    [Fact]
    public void NextInt32_OfThree_IsUniform()
    {
        var stream = new RandomStream(7, "dice");
        var counts = new int[3];
        for (int i = 0; i < 30_000; i++)
            counts[stream.NextInt32(3)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_700, 10_300));   // 3.7 standard deviations
    }

    [Fact]
    public void Permutation_OfHundred_HoldsEachNumberOnce() =>
        Assert.Equal(Enumerable.Range(0, 100), new RandomStream(3, "order").Permutation(100).Order());
}
