using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.Grains.Tests.Skies;

public class SkyBuildProgressTests
{
    /// <summary>A cell of order 3, and two of order 4 elsewhere.</summary>
    private static readonly Moc _area = MocText.ParseAscii("3/12 4/1024-1025");

    [Fact]
    public void Tiles_AreTakenLowOrdersFirst_EachOnce()
    {
        var progress = new SkyBuildProgress(_area, 2, 4, finished: 0);
        var taken = TakeAll(progress);
        Assert.Equal([(2, 3), (2, 64), (3, 12), (3, 256), (4, 48), (4, 49), (4, 50), (4, 51), (4, 1024), (4, 1025)], taken.Select(tile => (tile.Cell.Order, tile.Cell.Pixel)));
        Assert.Equal(taken.Count, progress.Total);
        Assert.Equal(Enumerable.Range(0, taken.Count).Select(i => (long)i), taken.Select(tile => tile.Number));
    }

    [Fact]
    public void Finished_IsBeforeTheFirstOpenTile_AndGoingOnTakesTheRest()
    {
        var progress = new SkyBuildProgress(_area, 2, 4, finished: 0);
        for (int i = 0; i < 7; i++)
            Assert.True(progress.TryTake(out _, out _));
        foreach (long number in (long[])[0, 1, 3, 4, 5, 6])
            progress.Complete(number);
        Assert.Equal((2, 6, 1), (progress.Finished, progress.Done, progress.InFlight));
        progress.Complete(2);
        Assert.Equal(7, progress.Finished);

        var again = new SkyBuildProgress(_area, 2, 4, progress.Finished);
        Assert.Equal((7, 7, 10), (again.Finished, again.Done, again.Total));
        Assert.Equal([51, 1024, 1025], TakeAll(again).Select(tile => tile.Cell.Pixel));
    }

    [Fact]
    public void Coverage_IsWhatIsDone_WithoutWhatIsOpenOrFailed()
    {
        var progress = new SkyBuildProgress(_area, 2, 4, finished: 4);
        for (int i = 0; i < 5; i++)
            Assert.True(progress.TryTake(out _, out _));
        foreach (long number in (long[])[4, 6, 8])
            progress.Complete(number);
        progress.Fail(5);
        Assert.Equal("4/48 50 1024", progress.Coverage(4).ToString());
        Assert.Equal(_area.InCellsOf(3), progress.Coverage(3));
        Assert.Equal(_area.InCellsOf(2), progress.Coverage(2));
        Assert.True(progress.Coverage(1).IsEmpty);
        Assert.Equal((5, 1), (progress.Finished, progress.Failed));
    }

    [Fact]
    public void AllSky_OfEightOrders_IsCountedAndGoneOnWithAtOnce()
    {
        var progress = new SkyBuildProgress(Moc.AllSky, 0, 8, finished: 500_000);
        Assert.Equal(Enumerable.Range(0, 9).Sum(order => Healpix.CellCount(order)), progress.Total);
        Assert.True(progress.TryTake(out long number, out var cell));
        Assert.Equal(500_000, number);
        Assert.Equal(new HealpixCell(8, 500_000 - Enumerable.Range(0, 8).Sum(order => Healpix.CellCount(order))), cell);
        Assert.Equal(cell.Pixel, progress.Coverage(8).CountCells(8));
    }

    private static List<(long Number, HealpixCell Cell)> TakeAll(SkyBuildProgress progress)
    {
        var taken = new List<(long, HealpixCell)>();
        while (progress.TryTake(out long number, out var cell))
            taken.Add((number, cell));
        return taken;
    }
}
