namespace RadioDiffusion.TestSupport;

/// <summary>Proofs that take long have a short form in every run and a long one that is asked for (CONTRIBUTING.md).</summary>
public static class LongProofs
{
    public static bool AreWanted { get; } = Environment.GetEnvironmentVariable("RADIODIFFUSION_LONG") == "1";
}
