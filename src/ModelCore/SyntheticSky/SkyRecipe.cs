using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>
/// All that a synthetic sky depends on: equal recipes are equal skies, whoever computes which part of them. Presets (<see cref="SkyPresets"/>) cite where their numbers are from.
/// </summary>
public sealed partial record SkyRecipe
{
    /// <summary>Which part of it is shown: <see cref="SkyArea.All"/>, or a MOC such as <c>3/12 4/100-103</c>. The sky itself does not depend on it.</summary>
    public string Area { get; init; } = SkyArea.All;

    /// <summary>Seed of everything random.</summary>
    public ulong Seed { get; init; } = 42;

    public SkySurvey Survey { get; init; } = new();

    public SkyPopulation Population { get; init; } = new();

    /// <summary>Null for sources that are spread evenly.</summary>
    public SkyClustering? Clustering { get; init; } = new();

    /// <summary>What resolved sources look like; null for Gaussians.</summary>
    public SkyImages? Images { get; init; }

    /// <summary>The user's own map or images of noise; null for noise that is drawn.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SkyBackground? Background { get; init; }

    /// <exception cref="RadioDiffusionException">Numbers that make no sky; the message says which, and what they should be.</exception>
    public void Check()
    {
        CheckAsAsked();
        Images?.CheckModel();
    }

    /// <summary>The same before it is known what the model of the images makes.</summary>
    private void CheckAsAsked()
    {
        Survey.Check();
        Population.Check(Survey);
        Clustering?.Check();
        Images?.Check();
        Background?.Check();
        SkyArea.Parse(Area);
    }
}

/// <summary>What the sky is seen with.</summary>
public sealed record SkySurvey
{
    /// <summary>FWHM of the restoring beam along its longest axis, arc seconds.</summary>
    public double BeamMajorArcsec { get; init; } = 6;

    /// <summary>FWHM along its shortest axis, arc seconds; null for a round beam.</summary>
    public double? BeamMinorArcsec { get; init; }

    /// <summary>Position angle of the longest axis, degrees from north through east.</summary>
    public double BeamAngleDegrees { get; init; }

    /// <summary>Noise in uJy/beam, where it is as usual; 0 for none.</summary>
    public double RmsMicroJansky { get; init; } = 83;

    /// <summary>How the noise changes over the sky: distance of the survey's pointings in degrees, 0 for the same noise everywhere.</summary>
    public double PointingDistanceDegrees { get; init; }

    /// <summary>FWHM of the telescope's primary beam, degrees.</summary>
    public double PrimaryBeamDegrees { get; init; } = 4;

    /// <summary>MHz.</summary>
    public double FrequencyMegahertz { get; init; } = 144;

    /// <summary>MHz.</summary>
    public double BandwidthMegahertz { get; init; } = 48;

    /// <summary>Order of the HEALPix grid on which the sky has its pixels: the coarsest one with at least 3.5 pixels along the beam's shortest axis.</summary>
    public int PixelOrder => HipsOrder + TileOrders;

    /// <summary>Deepest order of its HiPS.</summary>
    public int HipsOrder => Math.Max(3, (int)Math.Ceiling(Math.Log2(HealpixCell.WidthDegrees(TileOrders) * 3600 / ((BeamMinorArcsec ?? BeamMajorArcsec) / PixelsPerBeam)) - 1e-9));

    /// <summary>Pixels of this area (arcsec^2) are those of the sky.</summary>
    public double PixelArea => HealpixCell.AreaSquareDegrees(PixelOrder) * 3600 * 3600;

    /// <summary>Arcsec^2: pi/(4 ln 2) times the two axes.</summary>
    public double BeamArea => Math.PI / (4 * Math.Log(2)) * BeamMajorArcsec * (BeamMinorArcsec ?? BeamMajorArcsec);

    /// <summary>A tile is 2^9 pixels wide.</summary>
    internal const int TileOrders = 9;
    private const double PixelsPerBeam = 3.5;

    internal void Check()
    {
        double minor = BeamMinorArcsec ?? BeamMajorArcsec;
        Recipes.Require(BeamMajorArcsec is >= 0.5 and <= 300, "beamMajorArcsec", "from 0.5 to 300", BeamMajorArcsec);
        Recipes.Require(minor >= 0.5 && minor <= BeamMajorArcsec, "beamMinorArcsec", "from 0.5 to beamMajorArcsec", minor);
        Recipes.Require(minor >= BeamMajorArcsec / 3, "beamMinorArcsec", "at least a third of beamMajorArcsec", minor);
        Recipes.Require(double.IsFinite(BeamAngleDegrees), "beamAngleDegrees", "a number", BeamAngleDegrees);
        Recipes.Require(RmsMicroJansky is >= 0 and <= 1e9, "rmsMicroJansky", "0 or more", RmsMicroJansky);
        Recipes.Require(PointingDistanceDegrees == 0 || PointingDistanceDegrees is >= 0.5 and <= 10, "pointingDistanceDegrees", "0, or from 0.5 to 10", PointingDistanceDegrees);
        Recipes.Require(PrimaryBeamDegrees >= PointingDistanceDegrees && PrimaryBeamDegrees <= 20, "primaryBeamDegrees", "from pointingDistanceDegrees to 20", PrimaryBeamDegrees);
        Recipes.Require(FrequencyMegahertz is >= 20 and <= 50_000, "frequencyMegahertz", "from 20 to 50000", FrequencyMegahertz);
        Recipes.Require(BandwidthMegahertz > 0 && BandwidthMegahertz < 2 * FrequencyMegahertz, "bandwidthMegahertz", "above 0 and below twice the frequency", BandwidthMegahertz);
    }
}

/// <summary>Which sources there are.</summary>
public sealed record SkyPopulation
{
    public CountsModel Counts { get; init; } = CountsModel.Mandal2021;

    /// <summary>mJy at the survey's frequency.</summary>
    public double FaintestMilliJansky { get; init; } = 0.206;

    /// <summary>mJy at the survey's frequency.</summary>
    public double BrightestMilliJansky { get; init; } = 1e4;

    /// <summary>What moves counts from the frequency of their measurement to the survey's.</summary>
    public double CountsSpectralIndex { get; init; } = -0.7;

    public AngularSizes Sizes { get; init; } = new();

    /// <summary>Sources of at least this size (arc seconds) are images; smaller ones are Gaussians.</summary>
    public double ResolvedAboveArcsec { get; init; } = 6;

    /// <summary>Shares of the classes among resolved sources, for a model that has classes.</summary>
    public IReadOnlyList<ClassShare> Classes { get; init; } = [];

    /// <summary>Mean of the spectral index alpha, S ~ frequency^alpha, of steep sources (Boehme et al. 2023: -0.77 +- 0.18 from 54 MHz to 1.4 GHz).</summary>
    public double SteepIndex { get; init; } = -0.75;

    public double SteepIndexDeviation { get; init; } = 0.2;

    /// <summary>Share of sources with a flat spectrum (T-RECS: median -0.1).</summary>
    public double FlatShare { get; init; } = 0.05;

    public double FlatIndex { get; init; } = -0.1;

    internal SourceCounts CountsOf(SkySurvey survey) => new(Counts, survey.FrequencyMegahertz, FaintestMilliJansky, BrightestMilliJansky, CountsSpectralIndex);

    internal void Check(SkySurvey survey)
    {
        Recipes.Require(FaintestMilliJansky > 0, "faintestMilliJansky", "above 0", FaintestMilliJansky);
        Recipes.Require(CountsSpectralIndex is >= -3 and <= 3, "countsSpectralIndex", "from -3 to 3", CountsSpectralIndex);
        Recipes.Require(Sizes.MedianAtOneMilliJansky > 0, "sizes.medianAtOneMilliJansky", "above 0", Sizes.MedianAtOneMilliJansky);
        Recipes.Require(Sizes.FluxExponent is >= 0 and <= 2, "sizes.fluxExponent", "from 0 to 2", Sizes.FluxExponent);
        Recipes.Require(Sizes.TailExponent is >= 0.2 and <= 5, "sizes.tailExponent", "from 0.2 to 5", Sizes.TailExponent);
        Recipes.Require(Sizes.Largest is > 0 and <= 1800, "sizes.largest", "above 0, at most 1800", Sizes.Largest);
        Recipes.Require(ResolvedAboveArcsec > 0, "resolvedAboveArcsec", "above 0", ResolvedAboveArcsec);
        Recipes.Require(FlatShare is >= 0 and <= 1, "flatShare", "from 0 to 1", FlatShare);
        Recipes.Require(SteepIndexDeviation is >= 0 and <= 2, "steepIndexDeviation", "from 0 to 2", SteepIndexDeviation);
        foreach (var share in Classes)
            Recipes.Require(share.Faint >= 0 && share.Bright >= 0, $"classes.{share.Name}", "0 or more", Math.Min(share.Faint, share.Bright));
        if (Classes.Count > 0)
            Recipes.Require(Classes.Sum(share => share.Faint) > 0 && Classes.Sum(share => share.Bright) > 0, "classes", "some above 0", 0);
        CountsOf(survey);
    }
}

/// <summary>How many of the resolved sources are of a class: as much as <paramref name="Faint"/> says up to 10 mJy at 144 MHz, as <paramref name="Bright"/> says from 1 Jy on, changing evenly in log S between.</summary>
/// <param name="Name">The class, as the model has it.</param>
/// <param name="Faint">Relative to the other classes.</param>
/// <param name="Bright">Relative to the other classes.</param>
public sealed record ClassShare(string Name, double Faint, double Bright);

/// <summary>The angular correlation w(theta) = A (theta/1 deg)^-gamma, from 0.03 to 8 degrees.</summary>
/// <param name="Amplitude">A. NVSS above 10 mJy: 1e-3 (Blake and Wall 2002); FIRST: 3.7e-3 (Cress et al. 1996); TGSS: 7.8e-3 (Rana and Bagla 2019).</param>
/// <param name="Gamma">gamma. 0.8, 1.06 and 0.821 in turn.</param>
public sealed record SkyClustering(double Amplitude = 1e-3, double Gamma = 0.8)
{
    internal void Check()
    {
        Recipes.Require(Amplitude is > 0 and <= 0.02, "amplitude", "above 0, at most 0.02", Amplitude);
        Recipes.Require(Gamma is >= 0.5 and <= 1.3, "gamma", "from 0.5 to 1.3", Gamma);
    }
}

/// <summary>Where images of resolved sources come from: samples of a generative model. Whoever asks for a sky names the model; what it makes is filled in when the sky is created, and stays so.</summary>
public sealed record SkyImages
{
    /// <summary>First 16 hexadecimal digits of the model's digest; in what is asked for also its name. With a library, those of the library's digest.</summary>
    public required string Model { get; init; }

    /// <summary>The data set that the images are taken from instead of a model's samples: the artifact; in what is asked for its name. Null for a model.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Library { get; init; }

    /// <summary>Pixel scale of its images, arc seconds.</summary>
    public double PixelArcsec { get; init; }

    /// <summary>Pixels a side.</summary>
    public int Side { get; init; }

    /// <summary>The restoring beam in them, FWHM in arc seconds.</summary>
    public double BeamArcsec { get; init; }

    /// <summary>Whether it is conditioned on the class.</summary>
    public bool TakesClass { get; init; }

    /// <summary>Whether it is conditioned on the peak flux.</summary>
    public bool TakesFlux { get; init; }

    /// <summary>mJy/beam between which fluxes are asked for: what is outside is brought to the nearest of them.</summary>
    public double FluxFrom { get; init; }

    public double FluxTo { get; init; } = double.MaxValue;

    /// <summary>Guidance strength omega.</summary>
    public double Guidance { get; init; } = 0.1;

    /// <summary>Solver of the samples; empty for what the model is made for, else what is usual.</summary>
    public string Solver { get; init; } = "";

    /// <summary>Its steps; 0 for what the model is made for, else what is usual for the solver.</summary>
    public int Steps { get; init; }

    /// <summary>Lowest noise level of the solver before 0 (sigma_min).</summary>
    public double SigmaMin { get; init; } = new SolverOptions().SigmaMin;

    /// <summary>How much the solver's noise levels crowd towards the low end (rho).</summary>
    public double Rho { get; init; } = new SolverOptions().Rho;

    /// <summary>
    /// 0: each source has an image of its own. N: the sources share N images a class (and a step of half a decade in peak flux, for a model that is conditioned on it), so that a machine without a GPU can
    /// show much sky; they are still turned and scaled one by one.
    /// </summary>
    public int Distinct { get; init; }

    /// <summary>An image is enlarged up to this factor for a source that is larger than it.</summary>
    public double LargestScale { get; init; } = 3;

    internal SolverOptions SolverOptions => new SolverOptions(Steps) { SigmaMin = SigmaMin, Rho = Rho, Name = Solver };

    /// <summary>Arc seconds from its centre of flux within which all of an image is that is not enlarged: half of the diagonal, and the beam around it.</summary>
    internal double MostReach => Side * PixelArcsec / Math.Sqrt(2) + SkyStamp.ReachOfBeam(BeamArcsec);

    /// <summary>How much an image is enlarged for a source of this size (arc seconds).</summary>
    internal double ScaleOf(double size) => Math.Clamp(size / (Side * PixelArcsec), 1, LargestScale);

    internal void Check()
    {
        const int MostImages = 1_000_000;
        if (Model.Length == 0 || Library is "")
            throw new RadioDiffusionException("In the recipe of a sky, images.model should be the name of a model, or images.library that of a data set, but it is empty.");
        Recipes.Require(Guidance is >= 0 and <= 20, "images.guidance", "from 0 to 20", Guidance);
        Recipes.Require(Steps is >= 0 and <= SolverOptions.MostSteps, "images.steps", $"from 0 to {SolverOptions.MostSteps}", Steps);
        if (Solver.Length > 0 && !SolverOptions.Names.Contains(Solver))
            throw new RadioDiffusionException($"In the recipe of a sky, images.solver should be one of {string.Join(", ", SolverOptions.Names)}, but it is '{Solver}'.");
        Recipes.Require(Distinct is >= 0 and <= MostImages, "images.distinct", $"from 0 to {MostImages}", Distinct);
        Recipes.Require(FluxFrom >= 0 && FluxFrom < FluxTo, "images.fluxFrom", "0 or more, and below images.fluxTo", FluxFrom);
        Recipes.Require(LargestScale is >= 1 and <= 10, "images.largestScale", "from 1 to 10", LargestScale);
    }

    internal void CheckModel()
    {
        Recipes.Require(PixelArcsec > 0, "images.pixelArcsec", "above 0", PixelArcsec);
        Recipes.Require(Side >= 8, "images.side", "at least 8", Side);
        Recipes.Require(BeamArcsec > 0, "images.beamArcsec", "above 0", BeamArcsec);
    }

    /// <exception cref="RadioDiffusionException">No such solver, or not with these steps and noise levels.</exception>
    public void CheckSolver()
    {
        if (Library == null)
            SolverOptions.Check();
    }
}

/// <summary>What a sky shows instead of noise that is drawn.</summary>
public sealed record SkyBackground
{
    /// <summary>A map in Jy/beam that is shown where it has values: the artifact that it is, which is named by its content (map-0123456789abcdef...). Null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Map { get; init; }

    /// <summary>The data set of images without a source that the noise is made of: the artifact; in what is asked for its name. Null for noise that is drawn.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Library { get; init; }

    /// <summary>First 16 hexadecimal digits of the library's digest; filled in when the sky is created.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LibraryDigest { get; init; }

    internal void Check()
    {
        if (Map is "" || (Map ?? Library) == null)
            throw new RadioDiffusionException("In the recipe of a sky, background.map should be the ID of a map's artifact, or background.library the name of a data set, but there is neither.");
        if (Library is "")
            throw new RadioDiffusionException("In the recipe of a sky, background.library should be the name of a data set, but it is empty.");
    }
}

/// <summary>What is wrong with a recipe.</summary>
internal static class Recipes
{
    public static void Require(bool holds, string what, string expected, double found)
    {
        if (!holds)
            throw new RadioDiffusionException(FormattableString.Invariant($"In the recipe of a sky, {what} should be {expected}, but it is {found}."));
    }
}
