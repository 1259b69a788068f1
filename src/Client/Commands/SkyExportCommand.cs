using System.CommandLine;
using System.Text;
using System.Text.Json;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Client.Commands;

/// <summary>`sky export`: a sky, or a part of it, as the files of a HiPS (IVOA HiPS 1.0) that any web server can serve.</summary>
/// <remarks>A file is there whole or not at all, and one that is there is not written again: an interrupted export goes on. The file properties comes last.</remarks>
internal static class SkyExportCommand
{
    private const string Marker = "radiodiffusion-export.json", Properties = "properties";
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the sky." };
    private static readonly Option<string> _hips = new("--hips") { Description = "Folder of the HiPS.", Required = true, HelpName = "FOLDER" };
    private static readonly SkyAreaOptions _area = new("What is exported", "all that it shows");
    private static readonly Option<string?> _orders = new("--orders") { Description = "HiPS orders of the tiles, such as 0-6. Default: 0 to the deepest.", HelpName = "FROM-TO" };
    private static readonly Option<string> _format = OptionChecks.Choice("--format", "Files of each tile: png and fits, or one of them.", "both", "fits", "png");

    public static Command Build()
    {
        var export = new Command("export", "Writes a sky, or a part of it, as the files of a HiPS; tiles that are not in the store are made. Interrupted or killed, the same command goes on.").With([_name, _hips, .. _area.All, _orders, _format]);
        export.Validators.Add(_area.OnlyOne);
        export.SetGuardedAction(ExportAsync);
        return export;
    }

    private static async Task<int> ExportAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_name)!, folder = Path.GetFullPath(parsed.GetValue(_hips)!);
        string[] extensions = parsed.GetValue(_format) switch
        {
            "fits" => [".fits"],
            "png" => [".png"],
            _ => [".png", ".fits"],
        };
        var (from, to) = SkyBuildCommand.OrdersOf(parsed.GetValue(_orders));
        var request = new SkyBuildRequest { Area = _area.Of(parsed), FromOrder = from, ToOrder = to };
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var sky = await session.Grains.Sky(name).GetAsync(cancellationToken);
        var recipe = SkyRecipe.Parse(sky.Recipe);
        var area = SkyArea.Parse(recipe.Area);
        if (request.Area != null)
            area = area.Intersection(SkyArea.Parse(request.Area));
        Claim(folder, sky, area, extensions);
        var built = await SkyBuildCommand.FollowAsync(session, name, request, output, cancellationToken);
        if (built.State == WorkState.Failed)
            throw new UserErrorException(ErrorKind.Failed, name, $"{built.TilesFailed} tiles of the sky '{name}' could not be made. The first one: {built.Error} The same command goes on from there.");

        var export = new Export(session, sky, recipe, folder, extensions);
        var progress = new PhaseDisplay(output);
        long written = await export.WriteTilesAsync(area, built.FromOrder, built.ToOrder, done => progress.Show("files of tiles", done, built.TilesTotal, ""), cancellationToken);
        await export.WriteRestAsync(area, built.FromOrder, built.ToOrder, cancellationToken);
        output.Result(new { Sky = name, Folder = folder, Tiles = built.TilesTotal, Written = written, built.FromOrder, built.ToOrder },
            console => console.Line($"{folder}\n  HiPS of {name}, orders {built.FromOrder} to {built.ToOrder}: {built.TilesTotal} tiles, {written} of them written now."));
        return ExitCode.Done;
    }

    /// <summary>The folder is empty, or an export of the same: files of two skies are never mixed.</summary>
    private static void Claim(string folder, SkyEntry sky, Moc area, string[] extensions)
    {
        string marker = Path.Combine(folder, Marker);
        string mine = JsonSerializer.Serialize(new { sky = sky.Digest, area = area.ToString(), formats = string.Join(' ', extensions.Select(extension => extension[1..])) });
        if (File.Exists(marker))
        {
            string found = File.ReadAllText(marker);
            if (found != mine)
                throw new UserErrorException(ErrorKind.Conflict, folder, $"The folder {folder} has another export: {found}. Take another folder, or delete that one.");
            return;
        }
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new UserErrorException(ErrorKind.Conflict, folder, $"The folder {folder} should be empty, or have an export of this sky that was interrupted, but it has other files: take another folder.");
        WholeFile.Write(marker, Encoding.UTF8.GetBytes(mine));
    }

    private sealed class Export(Session session, SkyEntry sky, SkyRecipe recipe, string folder, string[] extensions)
    {
        /// <summary>Returns how many tiles were not there.</summary>
        public async Task<long> WriteTilesAsync(Moc area, int from, int to, Action<long> onDone, CancellationToken cancellationToken)
        {
            long done = 0, written = 0;
            var cells = Enumerable.Range(from, to - from + 1).SelectMany(area.CellsOverlapping);
            await Parallel.ForEachAsync(cells, cancellationToken, async (cell, token) =>
            {
                if (await WriteTileAsync(cell, token))
                    Interlocked.Increment(ref written);
                lock (this)
                    onDone(++done);
            });
            return written;
        }

        private async Task<bool> WriteTileAsync(HealpixCell cell, CancellationToken cancellationToken)
        {
            string path = Path.Combine(folder, new HipsTile(cell.Order, cell.Pixel).Path);
            string[] missing = [.. extensions.Where(extension => !File.Exists(path + extension))];
            if (missing.Length == 0)
                return false;
            string from = Path.Combine(await session.Artifacts.GetDirectoryAsync(SkyTiles.ArtifactOf(sky.Digest, cell.Order, cell.Pixel), cancellationToken), SkyTiles.File);
            foreach (string extension in missing)
                WholeFile.Write(path + extension, extension == ".fits" ? await File.ReadAllBytesAsync(from, cancellationToken) : SkyFiles.PngOf(from, recipe));
            return true;
        }

        public async Task WriteRestAsync(Moc area, int from, int to, CancellationToken cancellationToken)
        {
            if (from == 0)
            {
                string allsky = await session.Artifacts.GetDirectoryAsync(SkyAllsky.ArtifactOf(sky.Digest, area), cancellationToken);
                foreach (string file in extensions.Select(extension => "Allsky" + extension))
                    WholeFile.Write(Path.Combine(folder, $"Norder{SkyAllskyImage.Order}", file), await File.ReadAllBytesAsync(Path.Combine(allsky, file), cancellationToken));
            }
            using var moc = new MemoryStream();
            MocFits.Write(moc, area);
            WholeFile.Write(Path.Combine(folder, "Moc.fits"), moc.ToArray());
            string formats = string.Join(' ', extensions.Select(extension => extension[1..]));
            WholeFile.Write(Path.Combine(folder, Properties), Encoding.UTF8.GetBytes(HipsProperties.Of(sky, recipe, area, from, to, formats, null)));
        }
    }
}
