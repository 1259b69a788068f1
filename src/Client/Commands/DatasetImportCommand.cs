using System.CommandLine;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Client.Commands;

/// <summary>`dataset import`: training sets from images that exist already.</summary>
internal static class DatasetImportCommand
{
    private static readonly Argument<string> _path = new("PATH")
    {
        Description = "An HDF5 file of the published layout (images) or of the labelled FIRST set, zipped or not; a folder of such files; a FITS cube (as `dataset export` writes it, or another); or a folder CLASS/* or SPLIT/CLASS/* of PNG, JPEG or FITS images.",
    };

    private static readonly Option<string> _name = new("--name") { Description = "Name of the data set.", Required = true };
    private static readonly Option<string> _format = OptionChecks.Choice("--format", "The layout; auto looks at the files.", "auto", "hdf5", "labelled-hdf5", "folder", "fits-cube");
    private static readonly Option<int> _crop = new("--crop") { Description = "Side in pixels that images are cut to about their centre, before they are scaled (80 in the paper); 0 keeps them whole.", HelpName = "PIXELS" };
    private static readonly Option<string> _balance = OptionChecks.Choice("--balance", "Classes of different sizes: none; undersample, to the smallest class at random; undersample-first, its first images as the published code does; weights, all images with equally likely classes in training.", "none", "undersample", "undersample-first", "weights");
    private static readonly Option<string[]> _split = new("--split") { Description = "Only images of this split (train, valid, test); all where left out, as published. May be given more than once.", DefaultValueFactory = _ => [] };
    private static readonly Option<double> _clip = new("--clip-sigma") { Description = "Raw FIRST images (FITS): what is below so many sigma of the noise becomes 0 (3 in the labelled FIRST set); 0 for none." };
    private static readonly Option<double> _scale = new("--pixel-scale") { Description = "Arcsec a pixel, where the files do not say.", HelpName = "ARCSEC" };
    private static readonly Option<double> _beam = new("--beam") { Description = "Restoring beam, where the files do not say.", HelpName = "ARCSEC" };

    private static readonly Option<bool> _lightness = new("--lightness") { Description = "Pictures in colour become their lightness (CIE L*): right for colour maps of evenly growing lightness, such as viridis." };

    public static Command Build()
    {
        var import = new Command("import", "Makes a data set of images that exist already.").With(_path, _name, _format, _crop, _balance, _split, _clip, _scale, _beam, _lightness, CommonOptions.Seed);
        import.SetGuardedAction(ImportAsync);
        return import;
    }

    private static async Task<int> ImportAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_name)!;
        var request = new DatasetImportRequest
        {
            Path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetValue(_path)!)),
            Format = parsed.GetValue(_format)!,
            Crop = parsed.GetValue(_crop),
            Balance = parsed.GetValue(_balance)!,
            Splits = string.Join(',', parsed.GetValue(_split)!),
            ClipSigma = parsed.GetValue(_clip),
            Seed = parsed.GetValue(CommonOptions.Seed),
            PixelScaleArcsec = parsed.GetValue(_scale),
            BeamArcsec = parsed.GetValue(_beam),
            TakesLightness = parsed.GetValue(_lightness),
        };
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var status = await DatasetCommand.FollowAsync(session, name, (dataset, token) => dataset.ImportAsync(request, token), output, cancellationToken);
        return DatasetCommand.Report(status, output);
    }
}
