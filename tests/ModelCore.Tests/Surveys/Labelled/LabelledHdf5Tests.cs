using PureHDF;
using RadioDiffusion.ModelCore.Surveys.Exchange;
using RadioDiffusion.ModelCore.Surveys.Labelled;
using RadioDiffusion.ModelCore.Tests.Surveys.Exchange;

namespace RadioDiffusion.ModelCore.Tests.Surveys.Labelled;

public sealed class LabelledHdf5Tests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void File_WithGroupsOutOfOrder_IsReadInTheOrderOfTheirNames()
    {
        Write("data_10", "data_2", "data_1");
        using var set = SmallSets.Import(_folder.File("set.h5"), _folder.File("set"), out _);
        Assert.Equal(["data_1", "data_10", "data_2"], set.Measurements().Select(measurement => measurement.SourceName));
    }

    [Fact]
    public void Image_WithAnUnknownLabelOrWithoutPixels_IsLeftOutAndNamed()
    {
        var file = Contents("data_0", "data_1", "data_2", "data_3");
        file["data_1"] = new H5Group { ["Img"] = Pixels(), ["Label_literature"] = 7.0, ["Split_literature"] = "train" };
        file["data_3"] = new H5Group { ["Label_literature"] = 0.0, ["Split_literature"] = "train" };
        file.Write(_folder.File("set.h5"));
        using var set = SmallSets.Import(_folder.File("set.h5"), _folder.File("set"), out var problems);
        Assert.Equal(2, set.Count);
        Assert.Contains(problems, problem => problem.Contains("data_1/Label_literature", StringComparison.Ordinal) && problem.Contains("0 to 3 (FRI, FRII, Compact, Bent)", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("'data_3' has no data set 'Img'", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("Class FRII", StringComparison.Ordinal));
    }

    [Fact]
    public void Set_WrittenInThisLayout_IsReadTheSame()
    {
        Write("data_0", "data_1", "data_2");
        using var set = SmallSets.Import(_folder.File("set.h5"), _folder.File("set"), out _);
        DatasetExport.Write(_folder.Path, set, ExportFormat.LabelledHdf5);
        using var again = SmallSets.Import(_folder.File("dataset.hdf5"), _folder.File("again"), out _);
        Assert.Equal(3, again.Count);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(set.Image(i).SequenceEqual(again.Image(i)));
            Assert.Equal((set.Label(i), set.Split(i)), (again.Label(i), again.Split(i)));
        }
    }

    [Fact]
    public void Set_WithOtherClasses_IsNotWrittenInThisLayout()
    {
        SmallSets.WritePicture(_folder.File("images/A/a.png"), 4, 4, (row, column) => (byte)(row * column));
        SmallSets.WritePicture(_folder.File("images/B/b.png"), 4, 4, (row, column) => (byte)(row + column));
        using var set = SmallSets.Import(_folder.File("images"), _folder.File("set"), out _);
        Assert.Contains("A, B", Assert.Throws<RadioDiffusionException>(() => DatasetExport.Write(_folder.Path, set, ExportFormat.LabelledHdf5)).Message, StringComparison.Ordinal);
    }

    private void Write(params string[] groups) => Contents(groups).Write(_folder.File("set.h5"));

    private static H5File Contents(params string[] groups)
    {
        var file = new H5File();
        foreach (string group in groups)
            file[group] = new H5Group { ["Img"] = Pixels(), ["Label_literature"] = 0.0, ["Split_literature"] = "train" };
        return file;
    }

    private static byte[,] Pixels()
    {
        byte[,] pixels = new byte[6, 6];
        pixels[2, 3] = 200;
        return pixels;
    }
}
