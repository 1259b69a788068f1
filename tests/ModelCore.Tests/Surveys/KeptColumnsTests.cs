using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

public sealed class KeptColumnsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Columns_OfACatalogue_ComeBackForTheRowsAskedForWithTheirUnits()
    {
        var catalogue = Read();
        KeptColumns.Write(_folder.Path, KeptColumns.Of(catalogue, [("minor", "DC_Min"), ("PA", "pa")]).Rows([3, 0, 2]));
        var kept = KeptColumns.Read(_folder.Path);
        Assert.Equal(["minor", "PA"], kept.Select(column => column.Name));
        Assert.Equal([7.5, 1.25, double.NaN], kept[0].Values);
        Assert.Equal([40, 10, 30], kept[1].Values);
        Assert.Empty(KeptColumns.Read(_folder.File("elsewhere")));
    }

    [Theory]
    [InlineData("D_Min", "DC_Min", "cannot be one")]
    [InlineData("flux", "DC_Min", "cannot be one")]
    [InlineData("rms", "DC_Min", "is a measurement of every data set")]
    [InlineData("minor", "DC_Maj", "should have a column DC_Maj, but it has RA, DEC, DC_Min, PA")]
    public void Columns_WithANameThatCannotBe_AreRefused(string name, string column, string problem) =>
        Assert.Contains(problem, Assert.ThrowsAny<RadioDiffusionException>(() => KeptColumns.Of(Read(), [(name, column)])).Message, StringComparison.Ordinal);

    [Fact]
    public void TwoColumns_OfOneName_AreRefused() =>
        Assert.Contains("both are called 'a'", Assert.ThrowsAny<RadioDiffusionException>(() => KeptColumns.Of(Read(), [("a", "PA"), ("a", "DC_Min")])).Message, StringComparison.Ordinal);

    private Catalogue Read()
    {
        File.WriteAllText(_folder.File("catalogue.csv"), "RA,DEC,DC_Min,PA\n10,20,1.25,10\n11,20,2.5,20\n12,20,,30\n13,20,7.5,40\n");
        return Catalogue.Read(_folder.File("catalogue.csv"));
    }
}
