using RadioDiffusion.ModelCore.Training.Collectives;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Training.Collectives;

public class AgreementTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Gather_OfThreeMembers_GivesEachTheBytesOfAll()
    {
        var group = InProcessCollective.CreateGroup(3);
        byte[][]?[] gathered = await InProcessCollectiveTests.OnAllAsync(group, member => Agreement.Gather(member, [(byte)member.Rank, 255, 7], Long));
        Assert.All(gathered, all => Assert.Equal([[0, 255, 7], [1, 255, 7], [2, 255, 7]], all));
    }

    [Fact]
    public async Task Check_OfEqualStates_Succeeds()
    {
        var group = InProcessCollective.CreateGroup(3);
        bool[] agree = await InProcessCollectiveTests.OnAllAsync(group, member =>
        {
            using var parameters = arange(100, dtype: float32);
            return Agreement.Check(member, Agreement.Digest(30, "options", [parameters]), Long);
        });
        Assert.All(agree, Assert.True);
    }

    [Fact]
    public async Task Check_WhereOneParameterDiffersByOneBit_NamesTheRankAtAllMembers()
    {
        var group = InProcessCollective.CreateGroup(3);
        string[] messages = await InProcessCollectiveTests.OnAllAsync(group, member =>
        {
            using var parameters = tensor([1f, member.Rank == 2 ? MathF.BitIncrement(2f) : 2f]);
            return Assert.Throws<RadioDiffusionException>(() => Agreement.Check(member, Agreement.Digest(30, "options", [parameters]), Long)).Message;
        });
        Assert.All(messages, message => Assert.Contains("but rank 2 and rank 0 do not", message));
    }

    [Fact]
    public void Digest_OfAnotherStepOrConfigurationOrSplit_IsAnother()
    {
        using var two = tensor([1f, 2f]);
        using var one = tensor([1f]);
        using var other = tensor([2f]);
        byte[][] digests = [Agreement.Digest(1, "a", [two]), Agreement.Digest(2, "a", [two]), Agreement.Digest(1, "b", [two]), Agreement.Digest(1, "a", [one, other])];
        Assert.Equal(4, digests.Select(Convert.ToHexString).Distinct().Count());
        Assert.Equal(digests[0], Agreement.Digest(1, "a", [two]));
    }

    [Fact]
    public void Check_WhenAMemberDoesNotCome_IsFalse() =>
        Assert.False(Agreement.Check(InProcessCollective.CreateGroup(2)[0], [1, 2], TimeSpan.FromMilliseconds(50)));

    [Fact]
    public void Check_OfOneAlone_Succeeds()
    {
        using var alone = new NullCollective();
        Assert.True(Agreement.Check(alone, [1, 2], Long));
    }
}
