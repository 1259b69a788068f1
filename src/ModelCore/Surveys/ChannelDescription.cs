namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>One channel of images with several.</summary>
/// <param name="Name">As the user calls it.</param>
/// <param name="FrequencyHertz">Of the mosaics; null if their headers do not say.</param>
/// <param name="BeamArcsec">Their restoring beam, geometric mean of its axes; null if their headers do not say.</param>
public sealed record ChannelDescription(string Name, double? FrequencyHertz, double? BeamArcsec);
