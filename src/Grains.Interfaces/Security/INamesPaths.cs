namespace RadioDiffusion.Grains.Interfaces.Security;

/// <summary>A request that makes a silo read files that it names: a silo with roots refuses others than those below them.</summary>
public interface INamesPaths
{
    /// <summary>Every file or folder in the request, as it came.</summary>
    IEnumerable<string> NamedPaths();
}
