using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.Grains.Interfaces.Tests;

/// <summary>Every type of the contracts through the serializer and the copier of silos and clients: an upgrade of Orleans that breaks one is noticed here.</summary>
public class ContractRoundTripTests
{
    private static readonly ServiceProvider _services = new ServiceCollection().AddSerializer().AddMessageSafety().BuildServiceProvider();
    private static readonly Serializer _serializer = _services.GetRequiredService<Serializer>();
    private static readonly DeepCopier _copier = _services.GetRequiredService<DeepCopier>();

    public static TheoryData<Type> Messages => [.. ContractTypes.Serialised.Where(type => !typeof(Exception).IsAssignableFrom(type))];

    public static TheoryData<Type> Errors => [.. new[] { typeof(Names).Assembly, typeof(RadioDiffusionException).Assembly }
        .SelectMany(assembly => assembly.GetTypes()).Where(type => typeof(Exception).IsAssignableFrom(type))];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Message_AcrossTheWire_IsTheSame(Type type)
    {
        object sample = ContractTypes.Sample(type);
        Assert.Equivalent(sample, RoundTrip(sample), strict: true);
        Assert.Equivalent(sample, _copier.Copy(sample), strict: true);
    }

    /// <summary>As an answer carries it: by its type at run time, in a field for any error.</summary>
    [Theory]
    [MemberData(nameof(Errors))]
    public void Error_AcrossTheWire_KeepsItsTypeTextReasonAndMembers(Type type)
    {
        var error = SampleError(type);
        var back = (Exception)RoundTrip(error);
        Assert.IsType(type, back);
        Assert.Equal(error.Message, back.Message);
        Assert.Equal(error.InnerException?.GetType(), back.InnerException?.GetType());
        Assert.Equal(error.InnerException?.Message, back.InnerException?.Message);
        foreach (var member in type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
        {
            Assert.NotNull(member.GetValue(error));
            Assert.Equal(member.GetValue(error), member.GetValue(back));
        }
    }

    [Fact]
    public void Errors_OfThisProgram_AreAllThere() =>
        Assert.Superset(new HashSet<Type> { typeof(UserErrorException), typeof(MessageTooLargeException), typeof(RadioDiffusionException), typeof(FitsException), typeof(InvalidSampleIdException) },
            Errors.Select(row => row.Data).ToHashSet());

    [Fact]
    public void InvalidSampleId_WithATextOnly_KeepsIt() =>
        Assert.Equal("The ID is empty.", ((Exception)RoundTrip(new InvalidSampleIdException("The ID is empty."))).Message);

    /// <summary>By the constructor that says most: of equal ones the one with a reason.</summary>
    private static Exception SampleError(Type type)
    {
        var constructor = type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).MaxBy(constructor => constructor.GetParameters().Length)!;
        return (Exception)constructor.Invoke([.. constructor.GetParameters().Select(parameter =>
            parameter.ParameterType == typeof(Exception) ? new IOException("The disk is full.") : ContractTypes.Sample(parameter.ParameterType))]);
    }

    private static object RoundTrip(object value) => _serializer.Deserialize<object>(_serializer.SerializeToArray(value))!;
}
