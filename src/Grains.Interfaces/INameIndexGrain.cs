namespace RadioDiffusion.Grains.Interfaces;

/// <summary>The names in use of one kind: the key is <see cref="Datasets"/>, <see cref="Runs"/>, <see cref="Models"/>, <see cref="Skies"/> or <see cref="Studies"/>.</summary>
[Alias("RadioDiffusion.INameIndexGrain")]
public interface INameIndexGrain : IGrainWithStringKey
{
    const string Datasets = "datasets";
    const string Runs = "runs";
    const string Models = "models";
    const string Skies = "skies";
    const string Studies = "studies";

    /// <summary>Adds a name; adding it twice does no harm.</summary>
    [Alias("Add")]
    Task AddAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Removes a name; it is no error if it is not there.</summary>
    [Alias("Remove")]
    Task RemoveAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>All names, in ordinal order.</summary>
    [Alias("List")]
    Task<string[]> ListAsync(CancellationToken cancellationToken = default);
}
