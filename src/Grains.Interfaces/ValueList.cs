namespace RadioDiffusion.Grains.Interfaces;

/// <summary>A list inside a request: two are equal when their items are, so that asking twice for the same is the same request.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.ValueList`1")]
public sealed record ValueList<T>([property: Id(0)] IReadOnlyList<T> Items)
{
    public bool Equals(ValueList<T>? other) => other is not null && Items.SequenceEqual(other.Items);

    public override int GetHashCode() => Items.Aggregate(0, HashCode.Combine);
}
