using System.Globalization;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Workflows;
using Spectre.Console;

namespace RadioDiffusion.Client;

/// <summary>Builds of a study as tables: its history, and two of them beside each other.</summary>
internal static class BuildTables
{
    public static Table History(IReadOnlyList<BuildSummary> builds)
    {
        bool anyErrors = builds.Any(build => build.Error != null);
        var table = new Table().AddColumns("", "Began", "State", "Ran", "Up to date", "Failed", "Took", "Build").AddColumns(anyErrors ? ["Why"] : (string[])[]);
        for (int i = 0; i < builds.Count; i++)
        {
            var build = builds[i];
            // Of one that was killed nothing is known but when it began.
            string[] counts = build.State == nameof(WorkState.Interrupted) ? ["", "", "", ""] : [$"{build.Ran}", $"{build.UpToDate}", $"{build.Failed}{(build.Blocked > 0 ? $", {build.Blocked} not run" : "")}", BuildDisplay.Took(build.Seconds)];
            table.AddRow([$"{i + 1}", Time(build), State(build.State), .. counts, build.Id, .. anyErrors ? [Markup.Escape(build.Error ?? "")] : (string[])[]]);
        }
        return table;
    }

    public static void Compare(IAnsiConsole console, BuildComparison comparison)
    {
        foreach (var (side, build) in new[] { ("A", comparison.A), ("B", comparison.B) })
            console.Line($"{side}: {Time(build)}, {State(build.State)}{(build.State == nameof(WorkState.Interrupted) ? "" : $" after {BuildDisplay.Took(build.Seconds)}")} ({build.Id})");
        if (comparison.Targets.Count > 0)
        {
            var table = new Table().AddColumns("Target", "What it is made from", "Result", "State", "Took");
            foreach (var target in comparison.Targets)
                table.AddRow(Markup.Escape(target.Name), Markup.Escape(target.Recipe ?? "the same"), Result(target.IsSameResult), Both(Word(target.StateA), Word(target.StateB)), Both(Seconds(target.SecondsA), Seconds(target.SecondsB)));
            console.Write(table);
        }
        foreach (var target in comparison.Targets.Where(target => target.Numbers.Any(number => number.A != number.B)))
        {
            var table = new Table().Title(Markup.Escape(target.Name)).AddColumn("").AddColumn(new TableColumn("A").RightAligned()).AddColumn(new TableColumn("B").RightAligned());
            foreach (var number in target.Numbers)
                table.AddRow(Markup.Escape(number.Name), Number(number.A), Number(number.B));
            console.Write(table);
        }
        foreach (var target in comparison.Targets)
        {
            if (target.ErrorA is { } before)
                console.Line($"{target.Name} failed in A: {before}");
            if (target.ErrorB is { } now)
                console.Line($"{target.Name} failed in B: {now}");
        }
        console.Line(comparison.Targets.Count == 0 ? $"All {comparison.Same} targets are the same in both builds." : $"{comparison.Targets.Count} {(comparison.Targets.Count == 1 ? "target differs" : "targets differ")}, {comparison.Same} {(comparison.Same == 1 ? "does" : "do")} not.");
    }

    private static string Time(BuildSummary build) => build.Began.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string State(string state) => state == "None" ? "given up" : state.ToLowerInvariant();

    private static string? Word(string? state) => state switch
    {
        "UpToDate" => "up to date",
        "Blocked" => "could not run",
        _ => state?.ToLowerInvariant(),
    };

    private static string Result(bool? isSame) => isSame switch { true => "the same", false => "another one", null => "" };

    private static string Seconds(double? seconds) => seconds is { } value ? BuildDisplay.Took(value) : "-";

    private static string Both(string? a, string? b) => a == b ? a ?? "" : $"{a ?? "-"} -> {b ?? "-"}";

    private static string Number(double? value) => value is { } number ? number.ToString("G5", CultureInfo.InvariantCulture) : "-";
}
