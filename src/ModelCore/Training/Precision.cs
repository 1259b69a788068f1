using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>In which numbers a network is trained. Weights, their average and the optimiser's state are never less precise than float32.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The field's names of number formats.")]
public enum Precision
{
    /// <summary>32 bits throughout.</summary>
    Float32,

    /// <summary>Convolutions and matrix products in bfloat16 (autocast), sums and everything stored in float32. No loss scaling: bfloat16 has float32's range.</summary>
    BFloat16,

    /// <summary>64 bits throughout: for proofs, since it shows whether two ways of computing are the same.</summary>
    Float64,

    /// <summary>Like bfloat16, in float16, which is more precise and reaches no further than 65504: with a scaled loss (<see cref="LossScale"/>).</summary>
    Float16,

    /// <summary>
    /// Float32 or bfloat16, whichever is faster where the run begins: measured before its first step (<see cref="PrecisionMeasurement"/>), and kept from then on.
    /// </summary>
    Auto,
}
