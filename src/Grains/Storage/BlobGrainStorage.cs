using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using RadioDiffusion.Grains.Interfaces;

namespace RadioDiffusion.Grains.Storage;

/// <summary>
/// Grain state in Azure Blob Storage: one blob for each state, written only over the version that was read.
/// </summary>
/// <remarks>
/// Blob names, ETags and exceptions are those of Microsoft.Orleans.Persistence.AzureStorage, so that the official provider can
/// take over the same container.
/// </remarks>
public sealed partial class BlobGrainStorage : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly string _name;
    private readonly BlobGrainStorageOptions _options;
    private readonly IActivatorProvider _activators;
    private readonly ILogger<BlobGrainStorage> _logger;
    private readonly BlobContainerClient _container;

    public BlobGrainStorage(string name, BlobGrainStorageOptions options, IActivatorProvider activators, ILogger<BlobGrainStorage> logger)
    {
        _name = name;
        _options = options;
        _activators = activators;
        _logger = logger;
        _container = options.BlobServiceClient!.GetBlobContainerClient(options.ContainerName);
    }

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe($"{nameof(BlobGrainStorage)}-{_name}", _options.InitStage, ct => _container.CreateIfNotExistsAsync(cancellationToken: ct));

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var blob = Blob(stateName, grainId);
        try
        {
            var answer = await blob.DownloadContentAsync(cancellationToken);
            var content = answer.Value.Content;
            grainState.ETag = answer.Value.Details.ETag.ToString();
            grainState.RecordExists = content.ToMemory().Length > 0;
            grainState.State = grainState.RecordExists ? _options.GrainStorageSerializer.Deserialize<T>(content) : New<T>();
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
            Reset(grainState, null);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw Failure(error, "Reading", blob);
        }
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var content = _options.GrainStorageSerializer.Serialize(grainState.State);
        grainState.ETag = await UploadAsync(Blob(stateName, grainId), content, grainState.ETag, cancellationToken);
        grainState.RecordExists = true;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var blob = Blob(stateName, grainId);
        if (_options.DeleteStateOnClear)
            await DeleteAsync(blob, grainState.ETag, cancellationToken);
        string? etag = _options.DeleteStateOnClear ? null : await UploadAsync(blob, BinaryData.Empty, grainState.ETag, cancellationToken);
        Reset(grainState, etag);
    }

    private async Task<string> UploadAsync(BlobClient blob, BinaryData content, string? etag, CancellationToken ct)
    {
        var options = new BlobUploadOptions
        {
            Conditions = When(etag),
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/octet-stream" },
        };
        try
        {
            return (await blob.UploadAsync(content, options, ct)).Value.ETag.ToString();
        }
        catch (RequestFailedException error) when (error.ErrorCode == BlobErrorCode.ContainerNotFound && string.IsNullOrEmpty(etag))
        {
            await _container.CreateIfNotExistsAsync(cancellationToken: ct);
            return await AfterConflict(blob, etag, async () => (await blob.UploadAsync(content, options, ct)).Value.ETag.ToString());
        }
        catch (RequestFailedException error) when (error.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            // The version that this grain has read is gone with the container: the grain must read again before it writes.
            await _container.CreateIfNotExistsAsync(cancellationToken: ct);
            throw Conflict(blob, etag, error);
        }
        catch (RequestFailedException error) when (IsConflict(error))
        {
            throw Conflict(blob, etag, error);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw Failure(error, "Writing", blob);
        }
    }

    private async Task DeleteAsync(BlobClient blob, string? etag, CancellationToken ct)
    {
        // Azurite ignores If-None-Match on deletion and deletes: so a blob that should not be there is looked for first.
        if (string.IsNullOrEmpty(etag))
        {
            if (await blob.ExistsAsync(ct))
                throw Conflict(blob, etag, null);
            return;
        }
        try
        {
            await AfterConflict(blob, etag, () => blob.DeleteIfExistsAsync(conditions: When(etag), cancellationToken: ct));
        }
        catch (Exception error) when (error is not (OperationCanceledException or InconsistentStateException))
        {
            throw Failure(error, "Clearing", blob);
        }
    }

    private static async Task<T> AfterConflict<T>(BlobClient blob, string? etag, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (RequestFailedException error) when (IsConflict(error))
        {
            throw Conflict(blob, etag, error);
        }
    }

    private BlobClient Blob(string stateName, GrainId grainId)
    {
        StoredName.Check(grainId);
        return _container.GetBlobClient($"{stateName}-{grainId}.json");
    }

    private void Reset<T>(IGrainState<T> grainState, string? etag)
    {
        grainState.State = New<T>();
        grainState.ETag = etag;
        grainState.RecordExists = false;
    }

    private T New<T>() => _activators.GetActivator<T>().Create();

    private static BlobRequestConditions When(string? etag) =>
        string.IsNullOrEmpty(etag) ? new() { IfNoneMatch = ETag.All } : new() { IfMatch = new ETag(etag) };

    private static bool IsConflict(RequestFailedException error) =>
        error.Status is 409 or 412 || error.Status == 404 && error.ErrorCode != BlobErrorCode.ContainerNotFound;

    private static InconsistentStateException Conflict(BlobClient blob, string? etag, Exception? cause) => new(
        errorMsg: $"The grain state {blob.Name} in the container {blob.BlobContainerName} was changed by someone else.",
        storedEtag: "Unknown",
        currentEtag: etag,
        storageException: cause);

    /// <summary>An outage in words; anything else as it is.</summary>
    private Exception Failure(Exception error, string what, BlobClient blob)
    {
        LogFailed(error, what, blob.Name);
        var first = error is AggregateException several ? several.InnerExceptions[0] : error;
        if (first is not (RequestFailedException { Status: 0 or 408 or 429 or >= 500 } or OperationCanceledException))
            return error;                                    // of several tries some may have been ended by their time limits
        return new UserErrorException(ErrorKind.Unavailable, blob.Name,
            $"The Azure Blob store at {_container.Uri} does not answer ({first.Message.Split('\n')[0].TrimEnd()}): what was done is kept, ask again.");
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{What} the grain state {Blob} failed.")]
    private partial void LogFailed(Exception error, string what, string blob);
}
