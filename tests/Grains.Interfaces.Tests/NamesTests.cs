using RadioDiffusion.Grains.Interfaces;

namespace RadioDiffusion.Grains.Interfaces.Tests;

public class NamesTests
{
    [Theory]
    [InlineData("lotss")]
    [InlineData("LoTSS-DR2_v1.1")]
    public void Check_LettersDigitsAndMarks_IsAName(string name) => Assert.Equal(name, Names.Check(name, "a data set"));

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("-x")]
    [InlineData("with space")]
    [InlineData("é")]
    public void Check_AnythingElse_IsRefusedWithTheName(string name)
    {
        var error = Assert.Throws<UserErrorException>(() => Names.Check(name, "a data set"));
        Assert.Equal(ErrorKind.Invalid, error.Kind);
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_LongerThanSixtyFour_IsRefused() =>
        Assert.Throws<UserErrorException>(() => Names.Check(new string('a', 65), "a run"));
}
