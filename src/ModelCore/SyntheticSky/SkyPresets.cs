namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>Skies like those of surveys, with the sources of their numbers.</summary>
public static class SkyPresets
{
    /// <summary>NVSS above 10 mJy, 0.1 to 10 degrees: Blake and Wall (2002).</summary>
    private static readonly SkyClustering _nvss = new(1e-3, 0.8);

    /// <summary>FIRST above 1 mJy: A = (3.7 +- 0.3) 1e-3, gamma = 1.06 +- 0.03, Cress et al. (1996).</summary>
    private static readonly SkyClustering _first = new(3.7e-3, 1.06);

    /// <summary>The first one is usual.</summary>
    public static IReadOnlyList<string> Names { get; } = ["lotss-dr2", "lotss-deep", "first"];

    /// <exception cref="RadioDiffusionException">There is no such preset.</exception>
    public static SkyRecipe Of(string name) => name switch
    {
        "lotss-dr2" => LotssDr2,
        "lotss-deep" => LotssDeep,
        "first" => First,
        _ => throw new RadioDiffusionException($"A preset of a sky should be one of {string.Join(", ", Names)}, but it is '{name}'."),
    };

    /// <summary>
    /// LoTSS-DR2 (Shimwell et al. 2022): 6 arcsec, 83 uJy/beam median rms, 120 to 168 MHz, pointings 2.6 degrees apart. Counts of Mandal et al. (2021), from 0.2 mJy at their 150 MHz, which is 0.206 mJy here, to 10 Jy.
    /// </summary>
    private static SkyRecipe LotssDr2 => new()
    {
        Survey = new SkySurvey { BeamMajorArcsec = 6, RmsMicroJansky = 83, FrequencyMegahertz = 144, BandwidthMegahertz = 48, PointingDistanceDegrees = 2.6 },
        Population = new SkyPopulation { Counts = CountsModel.Mandal2021, FaintestMilliJansky = 0.206, BrightestMilliJansky = 1e4 },
        Clustering = _nvss,
        Images = new SkyImages { Model = "lotss-s" },
    };

    /// <summary>
    /// The LoTSS Deep Fields (Tasse et al. 2021; Sabater et al. 2021): 6 arcsec, 20 uJy/beam, the same noise everywhere. Below 0.2 mJy, where nobody has counted so well, the counts of Mandal et al. go on
    /// flat in S^2.5 dN/dS (34 Jy^1.5/sr), down to 0.05 mJy: a model, not a measurement.
    /// </summary>
    private static SkyRecipe LotssDeep => LotssDr2 with
    {
        Survey = new SkySurvey { BeamMajorArcsec = 6, RmsMicroJansky = 20, FrequencyMegahertz = 144, BandwidthMegahertz = 48 },
        Population = new SkyPopulation { Counts = CountsModel.Mandal2021, FaintestMilliJansky = 0.05, BrightestMilliJansky = 1e4 },
    };

    /// <summary>
    /// FIRST (Becker, White and Helfand 1995): 5.4 arcsec, 150 uJy/beam, 1.4 GHz in 14 channels of 3 MHz. Counts of Hopkins et al. (2003), from the survey's limit of 1 mJy to 1 Jy, where their fit ends.
    /// The shares of the classes are a choice: FRII are the more luminous (Fanaroff and Riley 1974) and prevail among bright sources, FRI and bent ones among faint ones.
    /// </summary>
    private static SkyRecipe First => new()
    {
        Survey = new SkySurvey { BeamMajorArcsec = 5.4, RmsMicroJansky = 150, FrequencyMegahertz = 1400, BandwidthMegahertz = 42 },
        Population = new SkyPopulation
        {
            Counts = CountsModel.Hopkins2003,
            FaintestMilliJansky = 1,
            BrightestMilliJansky = 1000,
            Classes = [new("FRI", 0.62, 0.35), new("FRII", 0.28, 0.55), new("Bent", 0.10, 0.10)],
        },
        Clustering = _first,
        Images = new SkyImages { Model = "first-s" },
    };
}
