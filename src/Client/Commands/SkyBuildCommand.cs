using System.CommandLine;
using System.Globalization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`sky build`, `sky builds` and `sky coverage`: the tiles of a part of a sky in bulk, and the map of what is done.</summary>
internal static class SkyBuildCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the sky." };
    private static readonly SkyAreaOptions _area = new("What is made of it", "all that it shows");
    private static readonly Option<string?> _orders = new("--orders") { Description = "HiPS orders of the tiles, such as 3-8 or 8. Default: 0 to the deepest.", HelpName = "FROM-TO" };
    private static readonly Option<bool> _estimate = new("--estimate") { Description = "Only say how long it takes and how much it stores; some tiles and images are made to measure it." };
    private static readonly Option<bool> _detach = new("--detach") { Description = "Start it and return, where a service does the work (--connect, or a serve on this store)." };
    private static readonly Option<string?> _stop = new("--stop") { Description = "Stop the build with this ID; the same 'sky build' goes on from there.", HelpName = "ID" };
    private static readonly Option<string?> _remove = new("--remove") { Description = "Stop the build with this ID and take it off the list; its tiles stay.", HelpName = "ID" };
    private static readonly Option<int?> _order = new Option<int?>("--order") { Description = "HiPS order. Default: the deepest." }.Between(0, 20);
    private static readonly Option<string?> _out = new("--out") { Description = "FILE.png: a map; FILE.fits, FILE.json or FILE.txt: a MOC (IVOA MOC 2.0). Default: the MOC as text on standard output.", HelpName = "FILE" };

    public static IEnumerable<Command> Build()
    {
        var build = new Command("build", "Makes the tiles of a part of a sky, on all silos; interrupted or killed, the same command goes on. Who waits for a tile in person comes first.").With([_name, .. _area.All, _orders, _estimate, _detach]);
        build.Validators.Add(_area.OnlyOne);
        build.SetGuardedAction(BuildAsync);
        yield return build;
        var builds = new Command("builds", "The builds of a sky: how far they are.").With(_name, _stop, _remove);
        builds.SetGuardedAction(ListAsync);
        yield return builds;
        var coverage = new Command("coverage", "The map of what the builds of a sky have finished.").With(_name, _order, _out);
        coverage.SetGuardedAction(CoverageAsync);
        yield return coverage;
    }

    private static async Task<int> BuildAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_name)!;
        var (from, to) = OrdersOf(parsed.GetValue(_orders));
        var request = new SkyBuildRequest { Area = _area.Of(parsed), FromOrder = from, ToOrder = to, EstimateOnly = parsed.GetValue(_estimate) };
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        if (parsed.GetValue(_detach))
        {
            if (session.IsEmbedded)
                throw new UserErrorException(ErrorKind.Invalid, "--detach", "--detach needs a service that does the work: start 'radiodiffusion serve' on this store, or name one with --connect.");
            var started = await session.Grains.Sky(name).BuildAsync(request, cancellationToken);
            output.Result(started, console => console.Line($"Build {started.Id} of {name} is under way: 'radiodiffusion sky builds {name}' says how far it is."));
            return ExitCode.Done;
        }
        return Report(await FollowAsync(session, name, request, output, cancellationToken), output);
    }

    /// <summary>Builds, showing the estimate and the progress.</summary>
    public static async Task<SkyBuildStatus> FollowAsync(Session session, string name, SkyBuildRequest request, Output output, CancellationToken cancellationToken)
    {
        var progress = new PhaseDisplay(output);
        bool isEstimateShown = false;
        return await session.WorkAsync(
            async token =>
            {
                var started = await session.Grains.Sky(name).BuildAsync(request, token);
                Show(started);
                return started.State == WorkState.Running ? await session.Grains.SkyBuild(name, started.Id).FollowAsync(Show, token) : started;
            },
            status => status.State is WorkState.Done or WorkState.Failed || (request.EstimateOnly && status.Estimate != null),
            cancellationToken);

        void Show(SkyBuildStatus status)
        {
            if (status.Estimate is { } estimate && !isEstimateShown && status.State != WorkState.Done)
            {
                isEstimateShown = true;
                foreach (string line in Lines(estimate))
                    output.Message($"  {line}");
            }
            if (status.State == WorkState.Running)
                progress.Show(status.Phase == "making tiles" ? PhaseOf(status) : status.Phase, status.Phase == "making tiles" ? status.TilesDone : 0, status.Phase == "making tiles" ? status.TilesTotal : 0, LeftOf(status));
        }
    }

    private static string PhaseOf(SkyBuildStatus status) => $"order {status.Order}, tiles of {status.Sky}";

    private static string LeftOf(SkyBuildStatus status) => status.SecondsLeft is { } seconds ? $", {Duration(seconds)} left" : "";

    private static int Report(SkyBuildStatus status, Output output)
    {
        if (status.State == WorkState.Failed)
        {
            throw new UserErrorException(ErrorKind.Failed, status.Sky,
                $"{(status.TilesFailed > 0 ? $"{status.TilesFailed} tiles of the sky '{status.Sky}' could not be made. The first one: " : "")}{status.Error} What is made stays: the same command goes on from there.");
        }
        output.Result(status, console => console.Line(status.State == WorkState.Done
            ? $"{status.TilesTotal} tiles of {status.Sky} are there, orders {status.FromOrder} to {status.ToOrder} ({status.TilesFromStore} were in the store before). Build {status.Id}."
            : $"Build {status.Id} of {status.Sky} is {status.Phase}: {status.TilesDone} of {status.TilesTotal} tiles are done."));
        return ExitCode.Done;
    }

    private static async Task<int> ListAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_name)!;
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        if (parsed.GetValue(_stop) is { } stopped)
            await session.Grains.SkyBuild(name, stopped).CancelAsync(cancellationToken);
        if (parsed.GetValue(_remove) is { } removed)
            await session.Grains.Sky(name).RemoveBuildAsync(removed, cancellationToken);
        var builds = await session.Grains.SkyBuildsAsync(name, cancellationToken);
        output.Result(builds, console =>
        {
            var table = new Table().AddColumns("ID", "State", "Orders", "Area", "Tiles", "Failed", "Left", "");
            foreach (var build in builds)
            {
                table.AddRow(build.Id, build.State.ToString(), $"{build.FromOrder}-{build.ToOrder}", FormattableString.Invariant($"{build.SquareDegrees:0.##} deg2"), $"{build.TilesDone} of {build.TilesTotal}", $"{build.TilesFailed}",
                    build.SecondsLeft is { } seconds ? Duration(seconds) : "", Markup.Escape(build.Error ?? build.Phase));
            }
            console.Write(table);
        });
        return ExitCode.Done;
    }

    private static async Task<int> CoverageAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_name)!;
        string? to = parsed.GetValue(_out);
        if (to != null && Path.GetExtension(to) is not (".png" or ".fits" or ".json" or ".txt"))
            throw new UserErrorException(ErrorKind.Invalid, to, $"--out should be FILE.png, FILE.fits, FILE.json or FILE.txt, but it is '{to}'.");
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var sky = await session.Grains.Sky(name).GetAsync(cancellationToken);
        int order = parsed.GetValue(_order) ?? sky.HipsOrder;
        if (order > sky.HipsOrder)
            throw new UserErrorException(ErrorKind.Invalid, "--order", $"--order should be from 0 to {sky.HipsOrder} for the sky '{name}', but it is {order}.");
        var done = await session.Grains.SkyCoverageAsync(name, order, cancellationToken);
        var shown = SkyArea.Parse(SkyRecipe.Parse(sky.Recipe).Area);
        long tiles = done.CountCells(order), all = shown.CountCells(order);
        if (to != null)
            Write(to, shown, done);
        output.Result(new { Sky = name, Order = order, Tiles = tiles, Of = all, Moc = to == null ? MocText.ToAscii(done) : null, File = to == null ? null : Path.GetFullPath(to) }, console =>
        {
            if (to == null)
                console.Line(done.IsEmpty ? "" : MocText.ToAscii(done));
            console.Line($"{tiles} of {all} tiles of order {order} are done.{(to == null ? "" : $" {Path.GetFullPath(to)}")}");
        });
        return ExitCode.Done;
    }

    private static void Write(string to, Moc shown, Moc done)
    {
        using var bytes = new MemoryStream();
        switch (Path.GetExtension(to))
        {
            case ".png":
                bytes.Write(SkyCoverageMap.Png(shown, done));
                break;
            case ".fits":
                MocFits.Write(bytes, done);
                break;
            case ".json":
                bytes.Write(System.Text.Encoding.UTF8.GetBytes(MocText.ToJson(done)));
                break;
            default:
                bytes.Write(System.Text.Encoding.UTF8.GetBytes(MocText.ToAscii(done) + "\n"));
                break;
        }
        WholeFile.Write(to, bytes.ToArray());
    }

    /// <summary>FROM-TO, or one order.</summary>
    public static (int From, int? To) OrdersOf(string? text)
    {
        if (text == null)
            return (0, null);
        string[] parts = text.Split('-');
        return parts.Length is 1 or 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int from) && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int to) && from <= to
            ? (from, to)
            : throw new UserErrorException(ErrorKind.Invalid, "--orders", $"--orders should be two orders, such as 3-8, or one, such as 8, but it is '{text}'.");
    }

    private static IEnumerable<string> Lines(SkyBuildEstimate estimate)
    {
        yield return FormattableString.Invariant($"estimate: {estimate.Tiles} tiles and {estimate.Images} images to make, {Duration(estimate.Seconds)} on {estimate.Threads} CPU threads, {Size(estimate.Bytes)}");
        foreach (string line in estimate.Measured)
            yield return $"  {line}";
    }

    private static string Duration(double seconds) => seconds < 90 ? FormattableString.Invariant($"{seconds:0} s") : seconds < 5400 ? FormattableString.Invariant($"{seconds / 60:0} min") : seconds < 172800 ? FormattableString.Invariant($"{seconds / 3600:0.0} h") : FormattableString.Invariant($"{seconds / 86400:0.0} days");

    private static string Size(double bytes) => bytes < 1e9 ? FormattableString.Invariant($"{bytes / 1e6:0} MB") : bytes < 1e12 ? FormattableString.Invariant($"{bytes / 1e9:0.0} GB") : FormattableString.Invariant($"{bytes / 1e12:0.00} TB");
}
