namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>Differential source counts dN/dS as surveys have measured them.</summary>
public enum CountsModel
{
    /// <summary>150 MHz, 0.2 mJy to 10 Jy: Mandal et al. (2021), A&amp;A 648, A5, eq. 13; above 10 Jy Intema et al., continued without a step.</summary>
    Mandal2021,

    /// <summary>150 MHz, 5 mJy to 100 Jy: Intema et al. (2017), A&amp;A 598, A78, eq. 4.</summary>
    Intema2017,

    /// <summary>154 MHz, 1 mJy to 75 Jy: Franzen et al. (2019), PASA 36, e004, eq. 11.</summary>
    Franzen2019,

    /// <summary>1.4 GHz, 0.05 mJy to 1 Jy: Hopkins et al. (2003), AJ 125, 465.</summary>
    Hopkins2003,
}

/// <summary>How many sources there are of each flux, at the frequency of a survey.</summary>
/// <remarks>
/// log10(S^2.5 dN/dS [Jy^1.5/sr]) is a polynomial of log10 S. Fluxes are moved to another frequency with one spectral index. The number above a flux is summed in ln S, in steps of less than 0.002.
/// </remarks>
public sealed class SourceCounts
{
    private const int Steps = 8192;
    private const double SquareDegreesPerSteradian = 3282.80635001174;
    private const double FlatEuclidean = 34;                 // Jy^1.5/sr, what the fit of Mandal et al. has at 0.2 mJy
    private const double Continued = 0.944;                  // Intema et al. at 10 Jy times this is Mandal et al.

    private readonly CountsModel _model;
    private readonly double _toModel;                        // factor from fluxes at the survey's frequency to those at the model's
    private readonly double _lnFirst;
    private readonly double _lnStep;
    private readonly double[] _above = new double[Steps + 1];          // per square degree, above each flux of the grid

    /// <param name="model">The measurement.</param>
    /// <param name="frequencyMegahertz">Of the survey.</param>
    /// <param name="faintestMilliJansky">The faintest sources.</param>
    /// <param name="brightestMilliJansky">The brightest.</param>
    /// <param name="spectralIndex">S ~ frequency to this power, from the model's frequency to the survey's.</param>
    /// <exception cref="RadioDiffusionException">The model says nothing about fluxes asked for.</exception>
    public SourceCounts(CountsModel model, double frequencyMegahertz, double faintestMilliJansky, double brightestMilliJansky, double spectralIndex = -0.7)
    {
        (_model, Faintest, Brightest) = (model, faintestMilliJansky, brightestMilliJansky);
        _toModel = PortableMath.Pow(FrequencyOf(model) / frequencyMegahertz, spectralIndex);
        var (low, high) = RangeOf(model);
        if (!(faintestMilliJansky < brightestMilliJansky) || faintestMilliJansky * _toModel < low * (1 - 1e-9) || brightestMilliJansky * _toModel > high * (1 + 1e-9))
        {
            throw new RadioDiffusionException(FormattableString.Invariant(
                $"Source counts {model} reach from {low / _toModel:0.####} to {high / _toModel:0.##} mJy at {frequencyMegahertz:0.#} MHz, but sources from {faintestMilliJansky:0.####} to {brightestMilliJansky:0.####} mJy are asked for."));
        }
        _lnFirst = PortableMath.Log(Faintest);
        _lnStep = (PortableMath.Log(Brightest) - _lnFirst) / Steps;
        double upper = PerLogarithm(Steps);
        for (int i = Steps - 1; i >= 0; i--)
        {
            double lower = PerLogarithm(i);
            _above[i] = _above[i + 1] + _lnStep * (lower + 4 * PerLogarithm(i + 0.5) + upper) / 6;
            upper = lower;
        }
    }

    /// <summary>mJy.</summary>
    public double Faintest { get; }

    /// <summary>mJy.</summary>
    public double Brightest { get; }

    /// <summary>Megahertz at which a model was measured.</summary>
    public static double FrequencyOf(CountsModel model) => model switch
    {
        CountsModel.Hopkins2003 => 1400,
        CountsModel.Franzen2019 => 154,
        _ => 150,
    };

    /// <summary>mJy at the model's frequency between which it may be used. Below 0.2 mJy that of Mandal et al. is continued with a flat count (34 Jy^1.5/sr), which is a model, not a measurement.</summary>
    public static (double Faintest, double Brightest) RangeOf(CountsModel model) => model switch
    {
        CountsModel.Mandal2021 => (0.03, 1e5),
        CountsModel.Intema2017 => (5, 1e5),
        CountsModel.Franzen2019 => (1, 7.5e4),
        _ => (0.05, 1e3),
    };

    /// <summary>Sources per square degree with at least this flux (mJy), up to the brightest.</summary>
    public double DensityAbove(double flux)
    {
        double place = Math.Clamp((PortableMath.Log(flux) - _lnFirst) / _lnStep, 0, Steps);
        int i = Math.Min((int)place, Steps - 1);
        return _above[i] + (place - i) * (_above[i + 1] - _above[i]);
    }

    /// <summary>The flux (mJy) above which there are so many sources per square degree; the faintest if there are fewer.</summary>
    public double FluxOf(double density)
    {
        if (density >= _above[0])
            return Faintest;
        int first = 0, last = Steps;                         // _above falls: _above[first] >= density >= _above[last]
        while (last - first > 1)
        {
            int middle = (first + last) / 2;
            if (_above[middle] >= density)
                first = middle;
            else
                last = middle;
        }
        return PortableMath.Exp(_lnFirst + (first + (_above[first] - density) / (_above[first] - _above[last])) * _lnStep);
    }

    /// <summary>A flux in mJy between two others, distributed as the counts are.</summary>
    /// <param name="low">mJy.</param>
    /// <param name="high">mJy.</param>
    /// <param name="u">Uniform in (0, 1): the share of the sources between them that is brighter.</param>
    public double FluxBetween(double low, double high, double u)
    {
        double above = DensityAbove(high);
        return Math.Clamp(FluxOf(above + u * (DensityAbove(low) - above)), low, high);
    }

    /// <summary>The share of the sources between two fluxes (mJy) that is brighter than one between them, or a trifle more.</summary>
    public double ShareAbove(double low, double high, double flux)
    {
        double above = DensityAbove(high);
        return (DensityAbove(flux) - above) / (DensityAbove(low) - above) + 1e-9;
    }

    /// <summary>S^2.5 dN/dS in Jy^1.5/sr, S (mJy) and S being at the model's frequency.</summary>
    public static double Euclidean(CountsModel model, double flux)
    {
        double x = PortableMath.Log(flux) / PortableMath.Ln10;
        return model switch
        {
            CountsModel.Mandal2021 when flux < 0.2 => FlatEuclidean,
            CountsModel.Mandal2021 when flux <= 1e4 => Power(x, [1.655, -0.1150, 0.2272, 0.51788, -0.449661, 0.160265, -0.028541, 0.002041]),
            CountsModel.Mandal2021 => Continued * Euclidean(CountsModel.Intema2017, flux),
            CountsModel.Intema2017 => Power(x - 3, [3.5142, 0.3738, -0.3138, -0.0717, 0.0213, 0.0097]),
            CountsModel.Franzen2019 => Power(x - 3, [3.52, 0.307, -0.388, -0.0404, 0.0351, 0.00600]),
            _ => Power(x, [0.859, 0.508, 0.376, -0.049, -0.121, 0.057, -0.008]),
        };

        static double Power(double x, ReadOnlySpan<double> coefficients)
        {
            double sum = 0;
            for (int i = coefficients.Length - 1; i >= 0; i--)
                sum = sum * x + coefficients[i];
            return PortableMath.Exp(PortableMath.Ln10 * sum);
        }
    }

    /// <summary>Sources per square degree and unit of ln S, at a place of the grid.</summary>
    private double PerLogarithm(double place)
    {
        // dN/dlnS is the same number at both frequencies, since their fluxes differ by a factor.
        double flux = PortableMath.Exp(_lnFirst + place * _lnStep) * _toModel;
        return Euclidean(_model, flux) * PortableMath.Pow(flux / 1000, -1.5) / SquareDegreesPerSteradian;
    }
}
