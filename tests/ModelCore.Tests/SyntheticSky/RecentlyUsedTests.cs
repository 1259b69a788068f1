using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class RecentlyUsedTests
{
    [Fact]
    public void Values_StayWhileTheyAreUsed_AndLeaveWhenOthersTakeTheRoom()
    {
        var cache = new RecentlyUsed<int, string?>(100, value => value?.Length ?? 1);
        int made = 0;
        string? Get(int key) => cache.GetOrAdd(key, _ =>
        {
            made++;
            return new string('x', 10);
        });
        Get(0);
        for (int key = 1; key <= 4; key++)
            Get(key);
        Assert.Equal(5, made);                               // 50 of 100
        Get(5);                                              // 60: the first six are the older half now
        Get(0);
        Assert.Equal(6, made);                               // still there, and used now
        for (int key = 10; key < 16; key++)
            Get(key);
        Assert.True(cache.TryGet(0, out _));
        Assert.False(cache.TryGet(1, out _));
        Assert.True(cache.TryGet(15, out _));
    }

    [Fact]
    public void Null_IsAValueToo()
    {
        var cache = new RecentlyUsed<string, string?>(10);
        Assert.False(cache.TryGet("none", out _));
        cache.Add("none", null);
        Assert.True(cache.TryGet("none", out string? value));
        Assert.Null(value);
    }
}
