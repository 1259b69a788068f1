using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Tests.Artifacts;

public class RecipeTests
{
    /// <summary>By hand, and: printf '{"inputs":{"catalogue":"sha256:00"},"kind":"dataset","parameters":{"a":[1,0.1,null],"b":"\\"é"},"version":2}' | sha256sum</summary>
    [Fact]
    public void Id_OfAKnownRecipe_IsTheHashOfItsCanonicalText()
    {
        var recipe = new Recipe
        {
            Kind = "dataset",
            AlgorithmVersion = 2,
            Inputs = { ["catalogue"] = "sha256:00" },
            Parameters = new JsonObject { ["b"] = "\"é", ["a"] = new JsonArray(1, 0.1, null) },
        };
        Assert.Equal("{\"inputs\":{\"catalogue\":\"sha256:00\"},\"kind\":\"dataset\",\"parameters\":{\"a\":[1,0.1,null],\"b\":\"\\\"é\"},\"version\":2}", recipe.Canonical);
        Assert.Equal("dataset-ac107741770fa541dc8d60955ac8f0ba", recipe.Id);
    }

    [Theory]
    [InlineData("1.0", "1")]
    [InlineData("1e0", "1")]
    [InlineData("-0.0", "0")]
    [InlineData("3.50", "3.5")]
    [InlineData("1e-1", "0.1")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("1e18", "1000000000000000000")]
    [InlineData("1e-5", "0.00001")]
    [InlineData("0.0000001", "1e-7")]
    [InlineData("-1.5e300", "-1.5e+300")]
    [InlineData("123456789012345678901234", "1.2345678901234569e+23")]
    [InlineData("1e20", "100000000000000000000")]
    [InlineData("0.1234", "0.1234")]
    [InlineData("12.34", "12.34")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("true", "true")]
    [InlineData("{\"b\":1,\"a\":{\"d\":2,\"c\":[]}}", "{\"a\":{\"c\":[],\"d\":2},\"b\":1}")]
    [InlineData("\"a\\u0041\\n\\/\"", "\"aA\\u000a/\"")]
    public void Canonical_OfEqualMeaning_IsEqualText(string json, string expected) =>
        Assert.Equal(expected, CanonicalJson.Write(JsonNode.Parse(json)));

    [Fact]
    public void Canonical_OfAFloatInMemory_IsThatOfTheFileItWasWrittenTo() =>
        Assert.Equal("0.1", CanonicalJson.Write(JsonValue.Create(0.1f)));

    [Fact]
    public void Canonical_OfAnInfiniteNumber_IsRefused() =>
        Assert.Throws<RadioDiffusionException>(() => CanonicalJson.Write(JsonNode.Parse("1e999")));

    /// <summary>Every double reads back as itself; seed 1, a thousand bit patterns.</summary>
    [Fact]
    public void Canonical_OfAnyDouble_ReadsBackAsTheSame()
    {
        var random = new RandomStream(1, "test");
        for (int i = 0; i < 1000; i++)
        {
            double value = BitConverter.UInt64BitsToDouble(random.NextUInt64());
            if (double.IsFinite(value))
                Assert.Equal(value, (double)JsonNode.Parse(CanonicalJson.Write(JsonValue.Create(value)))!);
        }
    }

    [Fact]
    public void Id_DoesNotDependOnTheOrderOfKeys()
    {
        var one = Recipe(new JsonObject { ["a"] = 1, ["b"] = 2 });
        var other = Recipe(new JsonObject { ["b"] = 2.0, ["a"] = 1.0f });
        Assert.Equal(one.Id, other.Id);
        Assert.Equal(one, other);
        Assert.NotEqual(one.Id, Recipe(new JsonObject { ["a"] = 1, ["b"] = 3 }).Id);
        Assert.NotEqual(one.Id, (one with { AlgorithmVersion = 9 }).Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Dataset")]
    [InlineData("1st")]
    [InlineData("sky_tile")]
    public void Kind_WithOtherLetters_IsRefused(string kind) =>
        Assert.Throws<RadioDiffusionException>(() => new Recipe { Kind = kind, AlgorithmVersion = 1 });

    private static Recipe Recipe(JsonObject parameters) => new() { Kind = "test", AlgorithmVersion = 1, Parameters = parameters };
}
