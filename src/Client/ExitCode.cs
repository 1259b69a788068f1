namespace RadioDiffusion.Client;

/// <summary>What a command leaves behind for the shell.</summary>
public static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int WrongUsage = 2;

    /// <summary>Something failed, the rest is whole: the report names what.</summary>
    public const int PartlyDone = 3;
    public const int Cancelled = 130;
}
