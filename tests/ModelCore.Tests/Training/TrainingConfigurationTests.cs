using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Training;

public class TrainingConfigurationTests
{
    [Fact]
    public void Of_TextWithSomeValues_KeepsThePresetsOthers()
    {
        var (network, training) = TrainingConfiguration.Of("small", """
            { "network": { "dropout": 0.2, "channelMultipliers": [1, 2, 2, 4] }, "training": { "precision": "BFloat16", "LEARNINGRATE": 0.001, } /* a comment */ }
            """);
        Assert.Equal((0.2, 32), (network.Dropout, network.InitialChannels));
        Assert.Equal([1, 2, 2, 4], network.ChannelMultipliers);
        Assert.Equal((Precision.BFloat16, 0.001, 16), (training.Precision, training.LearningRate, training.BatchSize));
    }

    [Fact]
    public void Of_NoText_IsThePreset() =>
        Assert.Equal((NetworkOptions.Preset("lofar").InitialChannels, TrainingOptions.Preset("lofar")),
            (TrainingConfiguration.Of("lofar", null).Network.InitialChannels, TrainingConfiguration.Of("lofar", null).Training));

    [Theory]
    [InlineData("""{ "training": { "learningrat": 1 } }""", "learningrat")]
    [InlineData("""{ "trainings": {} }""", "'trainings'")]
    [InlineData("""{ "training": { "batchSize": "many" } }""", "batchSize")]
    [InlineData("""{ "training": { "batchSize": "8" } }""", "batchSize")]
    [InlineData("""{ "training": { "precision": "half" } }""", "precision")]
    [InlineData("""{ "network": { "channelMultipliers": null } }""", "channelMultipliers")]
    [InlineData("""{ "network": 3 }""", "should be a JSON object, but it is 3")]
    [InlineData("""[1]""", "JSON object")]
    [InlineData("""{ "network": """, "cannot be read as JSON")]
    [InlineData("", "cannot be read as JSON")]
    public void Of_WrongText_SaysWhatIsWrong(string json, string expected)
    {
        var error = Assert.Throws<RadioDiffusionException>(() => TrainingConfiguration.Of("small", json));
        Assert.Contains(expected, error.Message, StringComparison.OrdinalIgnoreCase);
    }
}
