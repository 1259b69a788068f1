using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

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

/// <summary>A <see cref="StudyException"/> on the wire.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.StudyError")]
internal readonly record struct StudyError([property: Id(0)] IReadOnlyList<StudyFault> Problems);

/// <summary>A <see cref="StudyProblem"/> on the wire.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.StudyFault")]
internal readonly record struct StudyFault([property: Id(0)] string File, [property: Id(1)] int Line, [property: Id(2)] int Column, [property: Id(3)] string Message);

[RegisterConverter]
internal sealed class StudyErrorConverter : IConverter<StudyException, StudyError>
{
    public StudyException ConvertFromSurrogate(in StudyError surrogate) =>
        new([.. surrogate.Problems.Select(problem => new StudyProblem(new StudyPlace(problem.File, problem.Line, problem.Column), problem.Message))]);

    public StudyError ConvertToSurrogate(in StudyException value) =>
        new([.. value.Problems.Select(problem => new StudyFault(problem.Place.File, problem.Place.Line, problem.Place.Column, problem.Message))]);
}
