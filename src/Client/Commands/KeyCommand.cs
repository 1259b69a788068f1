using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Silo;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Client.Commands;

/// <summary>`key new`: makes a key of the HTTP API. It is shown once and kept nowhere; the service knows its hash.</summary>
internal static class KeyCommand
{
    private static readonly Option<string> _name = new("--name") { Description = "Whose key it is: appears in refusals.", Required = true, HelpName = "NAME" };

    private static readonly Option<string[]> _scope = new("--scope")
    {
        Description = "read (lists, states, stored samples), submit (what computes or changes something), admin (everything, the dashboard too); several with commas.",
        Required = true,
        HelpName = "read,submit,admin",
    };

    public static Command Build()
    {
        var create = new Command("new", "Makes a key and prints it once, with the line that lets a service know it.") { Options = { _name, _scope, CommonOptions.Json, CommonOptions.Verbose } };
        create.SetGuardedAction(RunAsync);
        return new Command("key", "Keys of the HTTP API.") { create };
    }

    private static Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string[] names = [.. parsed.GetRequiredValue(_scope).SelectMany(value => value.Split(',', '+'))];
        if (!ApiKey.TryParseScopes(names, out var scopes))
            throw new UserErrorException(ErrorKind.Invalid, "--scope", $"--scope should be some of read, submit and admin, joined by commas, but it is '{string.Join(',', names)}'.");
        var (secret, key) = ApiKey.Create(parsed.GetRequiredValue(_name), scopes);
        output.Result(
            new { key.Name, Scopes = ApiKey.Describe(key.Scopes), Key = secret, key.Setting },
            console =>
            {
                console.Line("The key, shown only now; send it as 'Authorization: Bearer KEY':");
                console.Line($"  {secret}");
                console.Line($"One more line of the service's settings, {SiloConfiguration.Section}:ApiKeys (a list in a JSON file, joined by commas in RADIODIFFUSION__APIKEYS):");
                console.Line($"  {key.Setting}");
            });
        return Task.FromResult(ExitCode.Done);
    }
}
