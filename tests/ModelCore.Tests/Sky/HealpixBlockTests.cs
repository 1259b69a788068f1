using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

public sealed class HealpixBlockTests
{
    [Theory]
    [InlineData(6, 64)]
    [InlineData(12, 74)]
    [InlineData(17, 32)]
    public void Centres_AreThoseOfTheCellsOneByOne(int order, int side)
    {
        var centres = new Direction[side * side];
        int last = (1 << order) - side;
        for (int face = 0; face < 12; face++)
        {
            foreach (var (left, bottom) in ((int, int)[])[(0, 0), (last, last), (0, last), (last, 0), (last / 2, last / 3)])
            {
                HealpixBlock.Fill(order, face, left, bottom, side, centres);
                for (int i = 0; i < centres.Length; i += 7)
                {
                    var step = centres[i] - HealpixCell.FromFace(order, face, left + i % side, bottom + i / side).CentreDirection;
                    Assert.InRange(step.Dot(step), 0, 1e-28);
                }
            }
        }
    }
}
