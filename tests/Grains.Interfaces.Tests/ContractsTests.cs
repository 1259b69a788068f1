using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Grains.Interfaces.Tests;

public class ContractsTests
{
    private static readonly Serializer _serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    [Fact]
    public void UserError_AcrossTheWire_KeepsKindSubjectAndMessage()
    {
        var error = RoundTrip(new UserErrorException(ErrorKind.Conflict, "lotss", "Data set 'lotss' is being built."));
        Assert.Equal((ErrorKind.Conflict, "lotss", "Data set 'lotss' is being built."), (error.Kind, error.Subject, error.Message));
    }

    [Fact]
    public void DatasetStatus_AcrossTheWire_IsTheSame()
    {
        var status = new DatasetStatus
        {
            Name = "lotss",
            State = WorkState.Done,
            Version = 7,
            Rows = 23,
            Removed = [new RemovedRows("broken", 3)],
            Request = new DatasetRequest { MosaicDirectory = "m", CataloguePath = "c", MinimumSnr = 2 },
        };
        var back = RoundTrip(status);
        Assert.Equal(status.Removed, back.Removed);
        Assert.Equal(status.Request, back.Request);
        Assert.Equal((status.Version, status.Rows, status.State), (back.Version, back.Rows, back.State));
    }

    [Fact]
    public void RequestWithChannels_AcrossTheWireAndAsJson_EqualsTheSameAskedAgain()
    {
        DatasetRequest Request(string directory) => new() { MosaicDirectory = "m", CataloguePath = "c", PixelScaleArcsec = 2.5, Channels = new([new ChannelFolder("3GHz", directory)]) };
        var request = Request("high");
        Assert.Equal(request, RoundTrip(request));
        Assert.Equal(request, System.Text.Json.JsonSerializer.Deserialize<DatasetRequest>(System.Text.Json.JsonSerializer.Serialize(request)));
        Assert.Equal(request.GetHashCode(), Request("high").GetHashCode());
        Assert.NotEqual(request, Request("other"));
        var tile = new TileRequest { MosaicId = "a", MosaicPath = "p", PlanArtifact = "", RowsFile = "", RowsDigest = "", Size = 80, Channels = new([new TileChannel("3GHz", new(["x", "y"]))]) };
        Assert.Equal(tile, RoundTrip(tile));
    }

    [Fact]
    public void ImportedDataset_AcrossTheWire_KeepsItsRequest()
    {
        var status = new DatasetStatus
        {
            Name = "first",
            State = WorkState.Done,
            Version = 1,
            Import = new DatasetImportRequest { Path = "p", Crop = 80, Balance = "weights", Splits = "train,valid" },
            WasUpToDate = true,
        };
        var back = RoundTrip(status);
        Assert.Equal((status.Import, true), (back.Import, back.WasUpToDate));
        var export = new DatasetExportStatus { State = WorkState.Running, Dataset = "dataset-1", Images = 12, ImagesDone = 3 };
        Assert.Equal(export, RoundTrip(export));
    }

    [Fact]
    public void TrainingStatus_AcrossTheWire_KeepsItsCheckpoint()
    {
        var status = new TrainingStatus { Name = "run", State = WorkState.Paused, Version = 1, Checkpoint = new CommittedCheckpoint("checkpoint-1", 120) };
        Assert.Equal(status, RoundTrip(status));
    }

    private static T RoundTrip<T>(T value) => _serializer.Deserialize<T>(_serializer.SerializeToArray(value))!;
}
