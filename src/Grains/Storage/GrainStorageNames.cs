namespace RadioDiffusion.Grains.Storage;

/// <summary>The name under which grains ask for their storage provider.</summary>
public static class GrainStorageNames
{
    public const string Default = "state";
}
