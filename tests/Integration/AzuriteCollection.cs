namespace RadioDiffusion.Integration;

/// <summary>Tests that share one Azurite, one class after the other.</summary>
[CollectionDefinition(Name)]
public sealed class AzuriteCollection : ICollectionFixture<AzuriteServer>
{
    public const string Name = "Azurite";
}
