using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Exchange;

namespace RadioDiffusion.ModelCore.Tests.Surveys.Exchange;

/// <summary>Cubes written here open again as the same set, and cubes of others as far as they say what they are.</summary>
public sealed class FitsCubeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    [Trait("Category", "Golden")]
    public void ExportedCube_ReadAgain_HasTheSameImagesFluxesAndMeasurements()
    {
        var golden = new GoldenCase("cutout-pipeline");
        using var set = SmallSets.Import(golden.File("subset_0-clip.hdf5"), _folder.File("set"), out _, new DatasetImportOptions { PixelScaleArcsec = 1.5, BeamArcsec = 6 });
        DatasetExport.Write(_folder.Path, set, ExportFormat.FitsCube);
        using var again = SmallSets.Import(_folder.File("dataset.fits"), _folder.File("again"), out var problems);
        Assert.Empty(problems);
        Assert.Equal((set.Count, 1.5, 6.0, "Jy/beam"), (again.Count, again.Description.PixelScaleArcsec, again.Description.BeamArcsec, again.Description.Unit));
        Assert.Equal(set.Description.Transform, again.Description.Transform);
        var (before, after) = (set.Measurements(), again.Measurements());
        for (int i = 0; i < set.Count; i++)
        {
            Assert.True(set.Image(i).SequenceEqual(again.Image(i)));
            Assert.Equal(set.PeakFlux(i), again.PeakFlux(i));
            Assert.Equal(before[i], after[i]);
        }
    }

    [Fact]
    public void ExportedCube_OfALabelledSet_KeepsClassesTheirOrderAndSplits()
    {
        foreach (var (path, value) in new[] { ("train/FRI/a.png", 50), ("train/Bent/b.png", 80), ("test/FRII/c.png", 100) })
            SmallSets.WritePicture(_folder.File(Path.Combine("images", path)), 8, 8, (row, column) => (byte)(row == column ? value : 0));
        using var set = SmallSets.Import(_folder.File("images"), _folder.File("set"), out _);
        DatasetExport.Write(_folder.Path, set, ExportFormat.FitsCube);
        using var again = SmallSets.Import(_folder.File("dataset.fits"), _folder.File("again"), out var problems);
        Assert.Empty(problems);
        Assert.Equal(["FRI", "FRII", "Bent"], again.Description.Classes);
        Assert.Equal(("", false), (again.Description.Unit, again.HasContext));
        for (int i = 0; i < set.Count; i++)
        {
            Assert.Equal((set.Label(i), set.Split(i)), (again.Label(i), again.Split(i)));
            Assert.True(set.Image(i).SequenceEqual(again.Image(i)));
        }
    }

    [Fact]
    public void CubeOfAnother_InMilliJansky_IsReadInJansky()
    {
        WriteCube("mJy/beam", tableRows: 0);
        using var set = SmallSets.Import(_folder.File("cube.fits"), _folder.File("set"), out var problems);
        Assert.Empty(problems);
        Assert.Equal((3, "Jy/beam", 3.6), (set.Count, set.Description.Unit, set.Description.PixelScaleArcsec));
        Assert.Equal([0.016f, 0.032f, 0.048f], Enumerable.Range(0, 3).Select(set.PeakFlux));
    }

    [Fact]
    public void Table_WithAnotherNumberOfRows_IsLeftOutAndSaid()
    {
        WriteCube("Jy/beam", tableRows: 2);
        using var set = SmallSets.Import(_folder.File("cube.fits"), _folder.File("set"), out var problems);
        Assert.Contains("2 rows for 3 planes", Assert.Single(problems), StringComparison.Ordinal);
        Assert.Equal("image 0", set.Measurements()[0].SourceName);
    }

    [Theory]
    [InlineData("K", "BUNIT should be Jy/beam")]
    [InlineData(null, "2 to 2147483647 planes")]
    public void WhatIsNoCubeOfFluxes_IsRefusedByName(string? unit, string expected)
    {
        if (unit != null)
            WriteCube(unit, tableRows: 0);
        else
            FitsWriter.WriteImage(_folder.File("cube.fits"), new float[16], 4, 4);
        var error = Assert.ThrowsAny<RadioDiffusionException>(() => ImageSources.Open(_folder.File("cube.fits"), ImageSetFormat.FitsCube, _folder.Path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("cube.fits", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Three planes of 4 x 4 pixels, rising from 1 to 48.</summary>
    private void WriteCube(string unit, int tableRows)
    {
        var header = new FitsHeader();
        header.Set("BUNIT", unit);
        header.Set("CDELT1", -1e-3);
        using var writer = FitsFileWriter.Create(_folder.File("cube.fits"));
        using (var cube = writer.BeginImage(FitsPixelFormat.Float32, [4, 4, 3], header))
        {
            cube.Write([.. Enumerable.Range(1, 48).Select(value => (float)value)]);
            cube.Finish();
        }
        if (tableRows > 0)
            writer.AddTable([new FitsStringColumn("Source_Name", null, [.. Enumerable.Range(0, tableRows).Select(row => $"S{row}")])], name: "SOURCES");
        writer.Complete();
    }
}
