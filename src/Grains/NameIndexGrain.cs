using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Models;
using RadioDiffusion.Grains.Storage;

namespace RadioDiffusion.Grains;

/// <inheritdoc cref="INameIndexGrain"/>
[GrainType("name-index")]
internal sealed class NameIndexGrain([PersistentState("names", GrainStorageNames.Default)] IPersistentState<NameIndexState> state, ShippedModels shipped)
    : Grain, INameIndexGrain
{
    public async Task AddAsync(string name, CancellationToken cancellationToken = default)
    {
        if (!state.State.Names.Contains(name))
            await state.ReplaceAsync(new NameIndexState { Names = new(state.State.Names, StringComparer.Ordinal) { name } }, name, cancellationToken);
    }

    public async Task RemoveAsync(string name, CancellationToken cancellationToken = default)
    {
        if (state.State.Names.Contains(name))
            await state.ReplaceAsync(new NameIndexState { Names = new(state.State.Names.Where(other => other != name), StringComparer.Ordinal) }, name, cancellationToken);
    }

    public Task<string[]> ListAsync(CancellationToken cancellationToken = default)
    {
        var names = this.GetPrimaryKeyString() == INameIndexGrain.Models ? state.State.Names.Union(shipped.Names) : state.State.Names;
        return Task.FromResult(names.Order(StringComparer.Ordinal).ToArray());
    }
}

internal sealed class NameIndexState
{
    public SortedSet<string> Names { get; set; } = new(StringComparer.Ordinal);
}
