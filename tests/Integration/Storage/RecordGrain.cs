using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime;

namespace RadioDiffusion.Integration.Storage;

/// <summary>What the storage tests keep.</summary>
[GenerateSerializer]
public sealed class Record
{
    [Id(0)]
    public string Text { get; set; } = "fresh";

    [Id(1)]
    public byte[] Bytes { get; set; } = [];
}

/// <summary>A record as a grain holds it, for tests that call the storage themselves.</summary>
public sealed class StoredRecord : IGrainState<Record>
{
    [AllowNull]
    public Record State
    {
        get;
        set => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    public string? ETag { get; set; }

    public bool RecordExists { get; set; }
}

[Alias("RadioDiffusion.Tests.IRecordGrain")]
public interface IRecordGrain : IGrainWithStringKey
{
    [Alias("Read")]
    Task<string> Read();

    [Alias("Write")]
    Task Write(string text, int length);

    [Alias("Clear")]
    Task Clear();

    [Alias("Length")]
    Task<int> Length();
}

/// <summary>A grain that does nothing but keep its state.</summary>
[GrainType("record")]
public sealed class RecordGrain([PersistentState(RecordGrain.StateName, RecordGrain.Provider)] IPersistentState<Record> record) : Grain, IRecordGrain
{
    public const string StateName = "content";
    public const string Provider = "tested";

    public Task<string> Read() => Task.FromResult(record.RecordExists ? record.State.Text : "none");

    public Task Write(string text, int length)
    {
        record.State.Text = text;
        record.State.Bytes = new byte[length];
        return record.WriteStateAsync();
    }

    public Task Clear() => record.ClearStateAsync();

    public Task<int> Length() => Task.FromResult(record.State.Bytes.Length);
}
