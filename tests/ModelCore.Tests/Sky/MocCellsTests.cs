using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

public class MocCellsTests
{
    [Theory]
    [InlineData("3/12 4/100-103", "4/49 101", "4/48 50-51 100 102-103")]
    [InlineData("0/0-11", "0/3", "0/0-2 4-11")]
    [InlineData("3/12", "2/3", "3/")]
    [InlineData("3/12", "5/0", "3/12")]
    public void Except_LeavesWhatIsNotInTheOther(string one, string other, string expected)
    {
        var rest = MocText.ParseAscii(one).Except(MocText.ParseAscii(other));
        Assert.Equal(MocText.ParseAscii(expected).Ranges, rest.Ranges);
        Assert.True(rest.Intersection(MocText.ParseAscii(other)).IsEmpty);
    }

    [Fact]
    public void InCellsOf_GrowsToWholeCells_AsManyAsOverlapIt()
    {
        var moc = MocText.ParseAscii("3/12 6/7777 9/1-2 9/15");
        for (int order = 0; order <= 10; order++)
        {
            var cells = moc.CellsOverlapping(order).ToList();
            Assert.Equal(cells.Count, moc.CountCells(order));
            Assert.Equal(Moc.FromCells(cells, order).Ranges, moc.InCellsOf(order).Ranges);
            Assert.Equal(order, moc.InCellsOf(order).Order);
        }
        Assert.Equal(0, Moc.Empty(3).CountCells(5));
    }
}
