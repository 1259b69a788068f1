using System.Diagnostics;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Grains.Tests.Storage;

public sealed class StoreLockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StoreOwner _owner = new("http://127.0.0.1:4711", "secret-token", Environment.ProcessId);

    private string Root => Path.Combine(_folder.Path, "store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Second_LearnsWhoIsTheFirst()
    {
        Assert.True(StoreLock.TryAcquire(Root, out var first, out var nobody));
        using (first)
        {
            Assert.Null(nobody);
            Assert.False(StoreLock.TryAcquire(Root, out var second, out var owner));
            Assert.Null(second);
            Assert.Null(owner);                              // not announced yet
            first.Announce(_owner);
            Assert.False(StoreLock.TryAcquire(Root, out _, out owner));
            Assert.Equal(_owner, owner);
        }
    }

    [Fact]
    public void Release_LetsTheNextIn_AndForgetsTheOwner()
    {
        Assert.True(StoreLock.TryAcquire(Root, out var first, out _));
        first.Announce(_owner);
        first.Dispose();
        first.Dispose();
        Assert.True(StoreLock.TryAcquire(Root, out var second, out _));
        Assert.False(StoreLock.TryAcquire(Root, out _, out var owner));
        Assert.Null(owner);
        second.Dispose();
    }

    [Fact]
    public void OwnerFile_IsForThisUserOnly_AndTheTextHasNoToken()
    {
        Assert.True(StoreLock.TryAcquire(Root, out var held, out _));
        using (held)
        {
            held.Announce(_owner);
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Root, "owner.json")));
            Assert.DoesNotContain(_owner.Token, $"{_owner}");
        }
    }

    /// <summary>flock(1) of util-linux takes the lock in a process of its own, and is killed with -9.</summary>
    [Fact]
    public async Task KilledOwner_LeavesNoLock()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/flock"), "Needs the program 'flock' of the package util-linux.");
        Directory.CreateDirectory(Root);
        string lockFile = Path.Combine(Root, "owner.lock");
        await File.WriteAllTextAsync(lockFile, "", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(Root, "owner.json"), "{\"endpoint\":\"http://127.0.0.1:1\",\"token\":\"t\",\"pid\":7}", TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo("/usr/bin/flock", [lockFile, "sh", "-c", "echo held; exec sleep 60"]) { RedirectStandardOutput = true };
        using var other = Process.Start(start)!;
        Assert.Equal("held", await other.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        Assert.False(StoreLock.TryAcquire(Root, out _, out var owner));
        Assert.Equal(new StoreOwner("http://127.0.0.1:1", "t", 7), owner);
        other.Kill(entireProcessTree: true);
        await other.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => StoreLock.TryAcquire(Root, out var held, out _) && Release(held), TimeSpan.FromSeconds(10)));
        Assert.False(File.Exists(Path.Combine(Root, "owner.json")));
    }

    [Fact]
    public void Root_ThatIsAFile_IsAnErrorThatNamesIt()
    {
        File.WriteAllText(Root, "");
        Assert.Contains(Root, Assert.Throws<RadioDiffusionException>(() => StoreLock.TryAcquire(Root, out _, out _)).Message);
    }

    private static bool Release(StoreLock held)
    {
        held.Dispose();
        return true;
    }
}
