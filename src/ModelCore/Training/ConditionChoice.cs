using System.Text.Json.Serialization;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>What is done to the values of a condition before they are standardised.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ConditionTransform>))]
public enum ConditionTransform
{
    /// <summary>The power transform whose result is closest to a normal distribution (paper, Eq. 12); positive values.</summary>
    BoxCox,

    /// <summary>The natural logarithm; positive values.</summary>
    Log,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>One value that a training run conditions its model on, as its configuration asks for it.</summary>
/// <param name="Name">One of the names of <see cref="Surveys.ConditionQuantity"/>.</param>
/// <param name="Transform">Of its values.</param>
public sealed record ConditionChoice(string Name, ConditionTransform Transform = ConditionTransform.BoxCox);
