using System.CommandLine;
using RadioDiffusion.Client.Demo;

namespace RadioDiffusion.Client.Commands;

/// <summary>`demo`: the whole chain, ending in an HTML report.</summary>
internal static class DemoCommand
{
    private static readonly Option<string?> _mosaics = new("--mosaics") { Description = "Your own mosaics instead of a simulated survey.", HelpName = "DIR" };
    private static readonly Option<string?> _catalogue = new("--catalogue") { Description = "The catalogue of your own mosaics.", HelpName = "FILE" };
    private static readonly Option<string> _out = new("--out") { Description = "Folder for everything that the demo makes.", DefaultValueFactory = _ => "radiodiffusion-demo", HelpName = "DIR" };
    private static readonly Option<double> _minimumSnr = new Option<double>("--min-snr") { Description = "Smallest S/N_sigma that is kept.", DefaultValueFactory = _ => 5 }.AtLeast(0);
    private static readonly Option<long?> _iterations = new Option<long?>("--iterations") { Description = "Iterations of the training; the default fits two cores and five minutes." }.AtLeast(1);
    private static readonly Option<int> _samples = new Option<int>("--samples") { Description = "How many galaxies to generate.", DefaultValueFactory = _ => DemoPlan.DefaultSamples }.AtLeast(1);

    public static Command Build()
    {
        var command = new Command("demo", "A simulated (or your own) survey, a data set, a training that is killed and resumed, samples by ID, a report.")
            .WithoutConnect(_mosaics, _catalogue, _out, _minimumSnr, _iterations, _samples, CommonOptions.Seed);
        command.Validators.Add(result =>
        {
            if ((result.GetValue(_mosaics) == null) != (result.GetValue(_catalogue) == null))
                result.AddError("Give both --mosaics and --catalogue, or neither for a simulated survey.");
        });
        command.SetGuardedAction((parsed, output, cancellationToken) =>
        {
            string folder = Path.GetFullPath(parsed.GetValue(_out)!);
            var plan = new DemoPlan
            {
                Folder = folder,
                Store = parsed.GetValue(CommonOptions.Store) ?? Path.Combine(folder, "store"),
                Mosaics = parsed.GetValue(_mosaics) is { } mosaics ? Path.GetFullPath(mosaics) : null,
                Catalogue = parsed.GetValue(_catalogue) is { } catalogue ? Path.GetFullPath(catalogue) : null,
                MinimumSnr = parsed.GetValue(_minimumSnr),
                Iterations = parsed.GetValue(_iterations) ?? DemoPlan.DefaultIterations,
                Samples = parsed.GetValue(_samples),
                Seed = parsed.GetValue(CommonOptions.Seed),
            };
            return new DemoRun(plan, output).RunAsync(cancellationToken);
        });
        return command;
    }
}
