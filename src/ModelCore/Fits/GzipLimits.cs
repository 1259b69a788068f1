namespace RadioDiffusion.ModelCore.Fits;

/// <summary>How far a file that was compressed with gzip may unpack, and where.</summary>
public sealed record GzipLimits
{
    public static GzipLimits Default { get; } = new();

    /// <summary>Bytes that no file may exceed, unpacked; from 1.</summary>
    public long MaximumBytes { get; init; } = 64L << 30;

    /// <summary>Unpacked bytes per stored byte; real images stay below 20, gzip itself ends at 1032.</summary>
    public int MaximumRatio { get; init; } = 100;

    /// <summary>Bytes up to which <see cref="MaximumRatio"/> is not applied: small files of one value pack better than that.</summary>
    public long BytesAtAnyRatio { get; init; } = 256L << 20;

    /// <summary>The folder for the unpacked file; the system's own (TMPDIR) if null.</summary>
    public string? TemporaryDirectory { get; init; }

    internal long LimitFor(long storedBytes) => Math.Min(MaximumBytes, Math.Max(BytesAtAnyRatio, storedBytes > long.MaxValue / MaximumRatio ? long.MaxValue : storedBytes * MaximumRatio));
}
