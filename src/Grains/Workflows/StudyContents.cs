using System.Text;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>The digests of what a study names besides its own targets: files, folders, data sets and models of the store. Each is asked for once.</summary>
public sealed class StudyContents(IGrainFactory grains)
{
    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(8);
    private readonly Dictionary<(ParameterType, string), Task<string>> _asked = [];

    /// <summary>All that a target names.</summary>
    /// <exception cref="UserErrorException">Something is not there.</exception>
    public async Task<Func<TargetParameter, string, string>> OfAsync(StudyTarget target, CancellationToken cancellationToken)
    {
        var found = new Dictionary<(ParameterType, string), string>();
        foreach (var (parameter, value) in TargetRecipe.ExternalInputs(target))
            found[(TypeOf(parameter), value)] = await AskAsync(TypeOf(parameter), value, cancellationToken);
        return (parameter, value) => found[(TypeOf(parameter), value)];
    }

    private static ParameterType TypeOf(TargetParameter parameter) => parameter.Type == ParameterType.PathMapping ? ParameterType.Path : parameter.Type;

    private Task<string> AskAsync(ParameterType type, string value, CancellationToken cancellationToken)
    {
        lock (_asked)
        {
            if (!_asked.TryGetValue((type, value), out var asked))
                _asked[(type, value)] = asked = DigestAsync(type, value, cancellationToken);
            return asked;
        }
    }

    private async Task<string> DigestAsync(ParameterType type, string value, CancellationToken cancellationToken)
    {
        switch (type)
        {
            case ParameterType.Dataset:
                var dataset = await grains.Dataset(value).GetStatusAsync(cancellationToken);
                return dataset.Digest ?? throw new UserErrorException(ErrorKind.NotFound, value, $"There is no data set '{value}' in the store (its state is {dataset.State}).");
            case ParameterType.Model:
                return (await grains.Model(value).GetAsync(cancellationToken)).Digest;
            default:
                var request = new FileContentRequest { Path = value };
                var file = grains.GetGrain<IFileContentGrain>(Digests.OfBytes(Encoding.UTF8.GetBytes(value))["sha256:".Length..][..32]);
                while (true)
                {
                    if ((await file.DigestAsync(request, _wait, cancellationToken)).Digest is { } digest)
                        return digest;
                }
        }
    }
}
