using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>
/// The address of one generated image: all that the image depends on, written out, as in
/// <c>s1_0123456789abcdef_seed=42_class=FRII_flux=3.5mJy_w=0.1_heun=25_f32</c>. Equal meaning is equal text: the order of the keys is
/// fixed, numbers are as short as can be, and any other spelling is refused. Class and flux are absent if the model is not
/// conditioned on them. Further values of models that are conditioned on such stand after the flux in the order of their names, as in
/// <c>_flux=3.5mJy_LAS=30_snrSigma=12.5_w=0.1</c>. What is not as usual stands at the end, in the order of <see cref="SampleExtras"/>, as in <c>_unipc=12_bf16_whigh=5</c>.
/// </summary>
public sealed record SampleId
{
    /// <summary>What an ID looks like, for messages and help.</summary>
    public const string Example = "s1_0123456789abcdef_seed=42_class=FRII_flux=3.5mJy_w=0.1_heun=25_f32";

    private const string Version = "s1";
    private const string FluxUnit = "mJy";
    private const string ScaledUnit = "scaled";
    private const int ModelLength = 16;
    private const int MaximumClassLength = 40;

    private static readonly string[] Precisions = ["f32", "bf16"];

    /// <summary>The first 16 hexadecimal digits of the snapshot's content digest.</summary>
    public required string Model
    {
        get;
        init => field = DigestOf("model", value);
    }

    /// <summary>The seed of the random stream that the latents are drawn from.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The morphological class asked for; null for a model without classes.</summary>
    public string? Class
    {
        get;
        init => field = value is null || value.Length is > 0 and <= MaximumClassLength && ArtifactId.Problem("x" + value + "x") is null && !value.Contains('_') && !value.Contains('=')
            ? value
            : throw new InvalidSampleIdException("class", $"1 to {MaximumClassLength} letters, digits and . + : @ - (the underscore separates the parts)", value);
    }

    /// <summary>The peak flux asked for, in mJy/beam; null for a model without it.</summary>
    public double? FluxMilliJansky
    {
        get;
        init => field = value is null or > 0 and <= double.MaxValue
            ? value
            : throw new InvalidSampleIdException("flux", "a finite number above 0, in mJy/beam", ShortestNumber.Write(value.Value));
    }

    /// <summary>
    /// The peak flux as the network takes it: transformed and standardised (paper, Eq. 12). For models that are conditioned on a flux but do not say how it was scaled; the image has no unit then. Null
    /// for all others.
    /// </summary>
    public double? ScaledFlux
    {
        get;
        init => field = value is null || double.IsFinite(value.Value)
            ? value + 0.0                                    // makes -0 a 0
            : throw new InvalidSampleIdException("flux", "a finite number, as in 0.5scaled", ShortestNumber.Write(value.Value));
    }

    /// <summary>Further values asked for, in the units of the model's description; none for a model that is not conditioned on any.</summary>
    public NamedValues Values { get; init; } = NamedValues.None;

    /// <summary>The guidance strength omega; 0 is without guidance.</summary>
    public required double Guidance
    {
        get;
        init => field = value is >= 0 and <= double.MaxValue
            ? value + 0.0                                    // makes -0 a 0
            : throw new InvalidSampleIdException("w", "a finite number from 0", ShortestNumber.Write(value));
    }

    /// <summary>The solver of the probability-flow equation, its noise levels and its steps (N in Karras et al. 2022).</summary>
    public required SolverOptions Solver
    {
        get;
        init
        {
            try
            {
                value.Check();
            }
            catch (RadioDiffusionException error)
            {
                throw new InvalidSampleIdException($"In a sample's ID: {error.Message}");
            }
            field = value;
        }
    }

    /// <summary>The number format that the network computes with: <c>f32</c>, or <c>bf16</c>.</summary>
    public string Precision
    {
        get;
        init => field = Precisions.Contains(value)
            ? value
            : throw new InvalidSampleIdException("precision", OneOf(Precisions), value);
    } = "f32";

    /// <summary>Guidance acts at noise levels above this one (sigma_lo of Kynkäänniemi et al. 2024, eq. 5).</summary>
    public double GuidanceFrom { get; init; }

    /// <summary>Guidance acts at noise levels up to this one (sigma_hi).</summary>
    public double GuidanceTo { get; init; } = double.PositiveInfinity;

    /// <summary>The weaker model of autoguidance (Karras et al. 2024b), by its digest; null for classifier-free guidance.</summary>
    public string? Guide
    {
        get;
        init => field = value is null ? null : DigestOf("guide", value);
    }

    /// <summary>As the published code has it: with w = 0 the unconditional image, where the formula gives the conditional one.</summary>
    public bool IsAsPublished { get; init; }

    /// <summary>Reads an ID.</summary>
    /// <exception cref="InvalidSampleIdException">Which part is wrong, what was expected and what was found.</exception>
    public static SampleId Parse(string text)
    {
        var parts = new Parts(text);
        parts.Literal("version", Version);
        string model = parts.Next("model");
        string seed = parts.Value("seed");
        string? label = parts.ValueIfThere("class");
        string? flux = parts.ValueIfThere("flux");
        var values = parts.NamedValuesIfThere();
        string guidance = parts.Value("w");
        (string solver, string steps) = parts.Pair("solver", SolverOptions.Names);
        string precision = parts.Next("precision");
        var extras = parts.ExtrasIfThere();
        parts.End();

        var id = SampleExtras.Apply(new SampleId
        {
            Model = model,
            Seed = ReadSeed(seed),
            Class = label,
            FluxMilliJansky = ReadFlux(flux, FluxUnit),
            ScaledFlux = ReadFlux(flux, ScaledUnit),
            Values = NamedValues.Of(values.Select(pair => new KeyValuePair<string, double>(pair.Key, ReadNumber(pair.Key, "a finite number", pair.Value, pair.Value)))),
            Guidance = ReadNumber("w", "a finite number from 0", guidance, guidance),
            Solver = new SolverOptions(ReadSteps(solver, steps)) { Name = solver },
            Precision = precision,
        }, extras);
        string canonical = id.ToString();
        if (ArtifactId.Problem(canonical) is { } problem)
            throw new InvalidSampleIdException($"The sample ID '{text}' cannot be used: {problem}.");
        return text == canonical ? id : throw new InvalidSampleIdException($"The sample ID '{text}' means '{canonical}' and should be spelled so.");
    }

    /// <summary>Reads an ID; <paramref name="error"/> says what is wrong with it, or is empty.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SampleId? id, out string error)
    {
        try
        {
            id = Parse(text);
            error = "";
            return true;
        }
        catch (InvalidSampleIdException exception)
        {
            id = null;
            error = exception.Message;
            return false;
        }
    }

    /// <summary>The one spelling of this ID; it is a valid artifact ID.</summary>
    public override string ToString() =>
        $"{Version}_{Model}_seed={Seed.ToString(CultureInfo.InvariantCulture)}"
        + (Class is null ? "" : $"_class={Class}")
        + (FluxMilliJansky is double flux ? $"_flux={ShortestNumber.Write(flux)}{FluxUnit}" : "")
        + (ScaledFlux is double scaled ? $"_flux={ShortestNumber.Write(scaled)}{ScaledUnit}" : "")
        + (Values.Count > 0 ? $"_{Values}" : "")
        + $"_w={ShortestNumber.Write(Guidance)}_{Solver.Name}={Solver.Steps.ToString(CultureInfo.InvariantCulture)}_{Precision}{SampleExtras.Write(this)}";

    private static string DigestOf(string part, string? text) => text is { Length: ModelLength } && text.All(char.IsAsciiHexDigitLower)
        ? text
        : throw new InvalidSampleIdException(part, $"{ModelLength} hexadecimal digits in lower case", text ?? "");

    private static ulong ReadSeed(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
        ? seed
        : throw new InvalidSampleIdException("seed", $"a whole number from 0 to {ulong.MaxValue}", text);

    private static int ReadSteps(string solver, string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int steps)
        ? steps
        : throw new InvalidSampleIdException(solver, "a whole number of steps", text);

    /// <summary>Null if the flux is not there, or in the other unit.</summary>
    private static double? ReadFlux(string? text, string unit)
    {
        const string expected = "a number with its unit, as 3.5mJy or 0.5scaled is";
        if (text is null)
            return null;
        if (text.EndsWith(unit, StringComparison.Ordinal))
            return ReadNumber("flux", expected, text[..^unit.Length], text);
        return text.EndsWith(FluxUnit, StringComparison.Ordinal) || text.EndsWith(ScaledUnit, StringComparison.Ordinal) ? null : throw new InvalidSampleIdException("flux", expected, text);
    }

    internal static double ReadNumber(string part, string expected, string number, string found) =>
        double.TryParse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new InvalidSampleIdException(part, expected, found);

    private static string OneOf(string[] names) => names.Length == 1 ? $"'{names[0]}'" : $"one of {string.Join(", ", names)}";

    /// <summary>The parts of an ID, taken one after the other.</summary>
    private sealed class Parts(string text)
    {
        private static readonly string[] Keys = ["seed", "class", "flux", "w", .. SolverOptions.Names, .. SampleExtras.Keys];

        private readonly string[] _parts = (text ?? "").Split('_');
        private int _next;

        private string? Current => _next < _parts.Length ? _parts[_next] : null;

        public string Next(string part)
        {
            string found = Current ?? throw Missing(part);
            _next++;
            return found;
        }

        public void Literal(string part, string expected)
        {
            string found = Next(part);
            if (found != expected)
                throw new InvalidSampleIdException(part, $"'{expected}', as in {Example}", found);
        }

        public string Value(string key) => ValueIfThere(key) ?? throw Missing(key);

        public string? ValueIfThere(string key)
        {
            if (Current is not string part || !part.StartsWith(key + "=", StringComparison.Ordinal))
                return null;
            _next++;
            return part[(key.Length + 1)..];
        }

        /// <summary>What stands where further values may, as long as it looks like one: a name and a number.</summary>
        public List<KeyValuePair<string, string>> NamedValuesIfThere()
        {
            var values = new List<KeyValuePair<string, string>>();
            while (Current?.Split('=') is [var name, var number] && (NamedValues.IsName(name) || name == "peakFlux") && LooksLikeANumber(number))
            {
                values.Add(new(name, number));
                _next++;
            }
            return values;
        }

        /// <summary>The keys of what is not as usual, in their order, each once.</summary>
        public Dictionary<string, string> ExtrasIfThere()
        {
            var extras = new Dictionary<string, string>();
            foreach (string key in SampleExtras.Keys)
            {
                if (ValueIfThere(key) is { } value)
                    extras.Add(key, value);
            }
            return extras;
        }

        private static bool LooksLikeANumber(string text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

        public (string Key, string Value) Pair(string part, IReadOnlyList<string> keys)
        {
            foreach (string key in keys)
            {
                if (ValueIfThere(key) is string value)
                    return (key, value);
            }
            throw Missing(part);
        }

        public void End()
        {
            if (Current is string rest)
                throw Unexpected(rest, "the end");
        }

        private InvalidSampleIdException Missing(string part) => Current is string found
            ? Unexpected(found, $"'{part}'")
            : new InvalidSampleIdException($"The sample ID '{text}' ends before its part '{part}'; a whole one is {Example}.");

        private InvalidSampleIdException Unexpected(string found, string expected)
        {
            string key = found.Split('=')[0];
            string problem = !found.Contains('=') ? $"part {_next + 1} is '{found}'"
                : !Keys.Contains(key) ? $"there is the unknown key '{key}' (known are {string.Join(", ", Keys)}, and names of values with a number each)"
                : _parts[.._next].Any(part => part.StartsWith(key + "=", StringComparison.Ordinal)) ? $"the key '{key}' is there twice"
                : $"there is '{key}', which belongs elsewhere";
            return new InvalidSampleIdException($"In the sample ID '{text}', {expected} should stand at part {_next + 1}, but {problem}. The order is that of {Example}.");
        }
    }
}
