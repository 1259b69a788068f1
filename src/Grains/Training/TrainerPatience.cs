namespace RadioDiffusion.Grains.Training;

/// <summary>How long a run waits for its trainers.</summary>
public sealed class TrainerPatience
{
    /// <summary>After so long without a word, which should come every second, a trainer counts as gone.</summary>
    public TimeSpan LongestSilence { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a run that has its minimum of trainers, but not all, waits for more.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(10);
}
