namespace RadioDiffusion.ModelCore.Surveys.Labelled;

/// <summary>The four morphological classes of the labelled FIRST set, in the order of their published labels.</summary>
/// <remarks>Griese et al. (2023), Data in Brief 47, 108974: 0 FRI, 1 FRII, 2 Compact, 3 Bent.</remarks>
public static class FirstClasses
{
    /// <summary>Pixel scale of the FIRST survey (Becker, White and Helfand 1995).</summary>
    public const double PixelScaleArcsec = 1.8;

    /// <summary>Restoring beam of the FIRST survey (Becker, White and Helfand 1995).</summary>
    public const double BeamArcsec = 5.4;

    public static IReadOnlyList<string> Names { get; } = ["FRI", "FRII", "Compact", "Bent"];

    /// <summary>The published order if all names are among the four, else the order of the names by their bytes.</summary>
    public static IReadOnlyList<string> InOrder(IReadOnlyCollection<string> names) => names.All(name => Names.Contains(name))
        ? [.. Names.Where(names.Contains)]
        : [.. names.Order(StringComparer.Ordinal)];
}
