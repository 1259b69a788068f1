namespace RadioDiffusion.Integration.Cluster;

/// <summary>Tests with a cluster run by themselves, after the others of this project.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ClusterCollection : ICollectionFixture<ClusterBench>
{
    public const string Name = "Cluster";
}
