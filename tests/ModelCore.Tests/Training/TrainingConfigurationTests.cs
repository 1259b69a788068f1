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
    public void Of_AClassifier_HasNoConditionsAndRefusesThem()
    {
        Assert.Empty(TrainingConfiguration.Of("classifier", null).Conditions!);
        var small = TrainingConfiguration.Of("classifier-small", """{"network": {"dropout": 0.2}, "conditions": []}""");
        Assert.Equal((NetworkKind.Classifier, 0.2, 0), (small.Network.Kind, small.Network.Dropout, small.Conditions!.Count));
        var error = Assert.Throws<RadioDiffusionException>(() => TrainingConfiguration.Of("classifier", """{"conditions": [{"name": "peakFlux"}]}"""));
        Assert.Contains("knows nothing but the image", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_NoText_IsThePreset() =>
        Assert.Equal((NetworkOptions.Preset("lofar").InitialChannels, TrainingOptions.Preset("lofar")),
            (TrainingConfiguration.Of("lofar", null).Network.InitialChannels, TrainingConfiguration.Of("lofar", null).Training));

    [Fact]
    public void Of_Conditions_KeepsTheirOrderAndTransforms()
    {
        var conditions = TrainingConfiguration.Of("small", """{ "conditions": [{"name": "snrSigma", "transform": "log"}, {"name": "peakFlux"}, {"name": "LAS", "transform": "none"}] }""").Conditions;
        Assert.Equal([new("snrSigma", ConditionTransform.Log), new("peakFlux", ConditionTransform.BoxCox), new("LAS", ConditionTransform.None)], conditions);
        Assert.Null(TrainingConfiguration.Of("small", "{}").Conditions);
        Assert.Empty(TrainingConfiguration.Of("small", """{ "conditions": [] }""").Conditions!);
    }

    [Theory]
    [InlineData("""{ "conditions": [{"name": "a colour"}] }""", "There is no condition 'a colour'. There are peakFlux, totalFlux, LAS, snrSigma")]
    [InlineData("""{ "conditions": [{"name": "LAS", "transfrom": "log"}] }""", "transfrom")]
    [InlineData("""{ "conditions": [{"name": "LAS", "transform": "sqrt"}] }""", "BoxCox, Log, None")]
    [InlineData("""{ "conditions": [{"name": "LAS", "transform": 7}] }""", "BoxCox, Log, None")]
    [InlineData("""{ "conditions": [{"transform": "log"}] }""", "conditions")]
    [InlineData("""{ "conditions": [null] }""", "should be a list")]
    [InlineData("""{ "conditions": {"name": "LAS"} }""", "should be a list")]
    [InlineData("""{ "conditions": [{"name": "LAS"}, {"name": "LAS", "transform": "log"}] }""", "'LAS' of a training configuration should be there once, but it is there 2 times")]
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
