using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace RadioDiffusion.Client;

/// <summary>What numbers an option takes: anything else is wrong usage, said with the option, the expected and the found.</summary>
internal static class OptionChecks
{
    /// <summary>An option with some values, of which the first one is the default.</summary>
    public static Option<string> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => values[0] };
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    /// <summary>An option with some values, or none of them.</summary>
    public static Option<string?> ChoiceOrNone(string name, string description, params string[] values)
    {
        var option = new Option<string?>(name) { Description = description };
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    public static Option<int> AtLeast(this Option<int> option, int least) => option.Checked(value => value >= least, $"a whole number of {least} or more");

    public static Option<int?> AtLeast(this Option<int?> option, int least) => option.Checked(value => value >= least, $"a whole number of {least} or more");

    public static Option<long?> AtLeast(this Option<long?> option, long least) => option.Checked(value => value >= least, $"a whole number of {least} or more");

    public static Option<int> Between(this Option<int> option, int least, int most) =>
        option.Checked(value => value >= least && value <= most, $"a whole number from {least} to {most}");

    public static Option<int?> Between(this Option<int?> option, int least, int most) =>
        option.Checked(value => value >= least && value <= most, $"a whole number from {least} to {most}");

    public static Option<double> AtLeast(this Option<double> option, double least) =>
        option.Checked(value => double.IsFinite(value) && value >= least, FormattableString.Invariant($"a finite number of {least} or more"));

    public static Option<double?> AtLeast(this Option<double?> option, double least) =>
        option.Checked(value => double.IsFinite(value) && value >= least, FormattableString.Invariant($"a finite number of {least} or more"));

    public static Option<double> Between(this Option<double> option, double least, double most) =>
        option.Checked(value => value >= least && value <= most, FormattableString.Invariant($"a number from {least} to {most}"));

    public static Option<double?> Positive(this Option<double?> option) => option.Checked(value => double.IsFinite(value) && value > 0, "a finite number above 0");

    private static Option<T> Checked<T>(this Option<T> option, Func<T, bool> isRight, string expected)
        where T : struct, IParsable<T>
    {
        option.CustomParser = result => Parse(result, option.Name, isRight, expected);
        return option;
    }

    private static Option<T?> Checked<T>(this Option<T?> option, Func<T, bool> isRight, string expected)
        where T : struct, IParsable<T>
    {
        option.CustomParser = result => Parse(result, option.Name, isRight, expected);
        return option;
    }

    private static T Parse<T>(ArgumentResult result, string option, Func<T, bool> isRight, string expected)
        where T : struct, IParsable<T>
    {
        string text = string.Join(' ', result.Tokens.Select(token => token.Value));
        if (T.TryParse(text, CultureInfo.InvariantCulture, out var value) && isRight(value))
            return value;
        result.AddError($"{option} should be {expected}, but it is '{text}'.");
        return default;
    }
}
