using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Interfaces;

/// <summary>An <see cref="InvalidSampleIdException"/> on the wire: ModelCore knows no serializer, and without this its own properties would be lost.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.InvalidSampleIdError")]
internal readonly record struct InvalidSampleIdError(
    [property: Id(0)] string Message, [property: Id(1)] string? Part, [property: Id(2)] string? Expected, [property: Id(3)] string? Found);

[RegisterConverter]
internal sealed class InvalidSampleIdErrorConverter : IConverter<InvalidSampleIdException, InvalidSampleIdError>
{
    public InvalidSampleIdException ConvertFromSurrogate(in InvalidSampleIdError surrogate) => surrogate is { Part: { } part, Expected: { } expected, Found: { } found }
        ? new InvalidSampleIdException(part, expected, found)
        : new InvalidSampleIdException(surrogate.Message);

    public InvalidSampleIdError ConvertToSurrogate(in InvalidSampleIdException value) => new(value.Message, value.Part, value.Expected, value.Found);
}
