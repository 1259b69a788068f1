using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Training;

public class ClassOrderTests
{
    [Fact]
    public void Order_OfUnequalClasses_DrawsEachClassEquallyOftenAndItsImagesInTurn()
    {
        // 60 images: 50 of class 0, 8 of class 1, 2 of class 2.
        int LabelOf(int image) => image < 50 ? 0 : image < 58 ? 1 : 2;
        var split = new DataSplit(60, 0, 7, LabelOf);
        int[] images = [.. Enumerable.Range(0, 300).Select(position => split.ImageAt(position))];
        Assert.All(images.Chunk(3), round => Assert.Equal([0, 1, 2], round.Select(LabelOf).Order()));
        foreach (var (label, size) in new[] { (0, 50), (1, 8), (2, 2) })
        {
            int[] visits = [.. images.Where(image => LabelOf(image) == label)];
            Assert.Equal(100, visits.Length);
            Assert.All(visits.Chunk(size).Where(pass => pass.Length == size), pass => Assert.Equal(size, pass.Distinct().Count()));
        }
        Assert.NotEqual(images[..50], images[50..100]);
    }

    [Fact]
    public void Order_AskedFromTheMiddle_IsThatOfTheWholeTraining()
    {
        var whole = new DataSplit(60, 0.1, 7, image => image % 4);
        int[] images = [.. Enumerable.Range(0, 200).Select(position => whole.ImageAt(position))];
        var resumed = new DataSplit(60, 0.1, 7, image => image % 4);
        for (int position = 199; position >= 120; position--)
            Assert.Equal(images[position], resumed.ImageAt(position));
        Assert.Empty(images.Intersect(whole.Validation));
    }
}
