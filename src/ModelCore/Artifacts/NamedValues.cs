using System.Collections;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>
/// The values that a sample is asked for by name, such as LAS=30, beside its class and peak flux. They stand in the order of their names, so that equal
/// values have one spelling. Units are those of the model's description.
/// </summary>
public sealed class NamedValues : IReadOnlyList<KeyValuePair<string, double>>, IEquatable<NamedValues>
{
    private const int LongestName = 40;
    private static readonly string[] _reserved = ["seed", "class", "flux", "w", "heun", "peakFlux"];     // keys of an ID; peakFlux is spelled flux=1mJy there
    private readonly KeyValuePair<string, double>[] _values;

    private NamedValues(KeyValuePair<string, double>[] values) => _values = values;

    public static NamedValues None { get; } = new([]);

    public int Count => _values.Length;

    public KeyValuePair<string, double> this[int index] => _values[index];

    /// <summary>The value of a name; null without one.</summary>
    public double? this[string name]
    {
        get
        {
            foreach (var (found, value) in _values)
            {
                if (found == name)
                    return value;
            }
            return null;
        }
    }

    /// <summary>Sorts and checks values.</summary>
    /// <exception cref="InvalidSampleIdException">A name is no name or there twice, or a value is not finite.</exception>
    public static NamedValues Of(IEnumerable<KeyValuePair<string, double>> values)
    {
        KeyValuePair<string, double>[] sorted = [.. values.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new KeyValuePair<string, double>(pair.Key, pair.Value + 0.0))];   // makes -0 a 0
        for (int i = 0; i < sorted.Length; i++)
        {
            var (name, value) = sorted[i];
            if (name == "peakFlux")
                throw new InvalidSampleIdException(name, "given as the flux, in mJy/beam, as flux=1mJy is", ShortestNumber.Write(value));
            if (!IsName(name))
                throw new InvalidSampleIdException("name of a value", $"1 to {LongestName} letters and digits, a letter first, and none of {string.Join(", ", _reserved)}", name);
            if (!double.IsFinite(value))
                throw new InvalidSampleIdException(name, "a finite number", ShortestNumber.Write(value));
            if (i > 0 && sorted[i - 1].Key == name)
                throw new InvalidSampleIdException(name, "there once", $"{ShortestNumber.Write(sorted[i - 1].Value)} and {ShortestNumber.Write(value)}");
        }
        return sorted.Length == 0 ? None : new NamedValues(sorted);
    }

    /// <summary>Whether a value may have this name.</summary>
    internal static bool IsName(string name) =>
        name.Length is > 0 and <= LongestName && char.IsAsciiLetter(name[0]) && name.All(char.IsAsciiLetterOrDigit) && !_reserved.Contains(name);

    public IEnumerator<KeyValuePair<string, double>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, double>>)_values).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The one spelling: LAS=30_snrSigma=12.5.</summary>
    public override string ToString() => string.Join('_', _values.Select(pair => $"{pair.Key}={ShortestNumber.Write(pair.Value)}"));

    public bool Equals(NamedValues? other) => other is not null && _values.SequenceEqual(other._values);

    public override bool Equals(object? obj) => Equals(obj as NamedValues);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
}
