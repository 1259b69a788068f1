using RadioDiffusion.Grains.Training;

namespace RadioDiffusion.Grains.Tests;

public class LossHistoryTests
{
    [Fact]
    public void WriteThenRead_GivesTheSameNumbersInThePublishedColumns()
    {
        using var folder = new TemporaryFolder();
        var history = new LossHistory();
        history.Add(1, 1.0 / 3);
        history.Add(2, 0.25);
        history.AddValidation(2, 0.5, 1e-7);
        history.Write(folder.Path);
        Assert.Equal("iteration;loss", File.ReadLines(folder.File("losses_train.csv")).First());
        Assert.Equal("iteration;loss;ema_loss", File.ReadLines(folder.File("losses_val.csv")).First());
        var back = LossHistory.Read(folder.Path);
        Assert.Equal(history.Training, back.Training);
        Assert.Equal(history.Validation, back.Validation);
    }
}
