using System.Reflection;
using System.Reflection.Emit;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Networks;

/// <summary>
/// TorchSharp makes a native number for <c>tensor + 1</c>, for the factor 1 of <c>tensor + tensor</c> and so on, and does not keep it alive while libtorch reads it. So no code of
/// ours may call what makes such numbers: found in the instructions of both assemblies.
/// </summary>
public sealed class ImplicitNumbersTests
{
    private static readonly Dictionary<short, OpCode> _codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    /// <summary>They keep the number, or dispose of it after its use, or call a script with tensors only.</summary>
    private static readonly string[] _careful = ["Numbers", "AdamOptimizer"];

    [Fact]
    public void NothingThatTrainsOrSamples_ConvertsNumbersImplicitly()
    {
        var makers = MakersOf(typeof(Tensor).Assembly);
        Assert.Contains(makers, method => method.Name == "op_Addition");
        string[] found = [.. Calls(typeof(RadioDiffusionException).Assembly)
            .Where(call => makers.Contains(call.Callee) || MakesNumber(call.Callee))
            .Where(call => !_careful.Any(name => Outermost(call.Caller.DeclaringType!).Name == name))
            .Select(call => $"{call.Caller.DeclaringType}.{call.Caller.Name} calls {call.Callee.DeclaringType!.Name}.{call.Callee}").Distinct()];
        Assert.True(found.Length == 0, string.Join(Environment.NewLine, found));
    }

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static bool MakesNumber(MethodBase method) => (method.DeclaringType == typeof(Scalar) && method.Name is "op_Implicit" or ".ctor") || method.Name == "ToScalar";

    /// <summary>The methods of TorchSharp that make such numbers themselves, or call others that do.</summary>
    private static HashSet<MethodBase> MakersOf(Assembly assembly)
    {
        var calls = Calls(assembly).ToArray();
        HashSet<MethodBase> makers = [.. calls.Where(call => MakesNumber(call.Callee) && call.Caller.DeclaringType != typeof(Scalar)).Select(call => call.Caller)];
        int before;
        do
        {
            before = makers.Count;
            makers.UnionWith(calls.Where(call => makers.Contains(call.Callee)).Select(call => call.Caller));
        }
        while (makers.Count > before);
        return makers;
    }

    private static IEnumerable<(MethodBase Caller, MethodBase Callee)> Calls(Assembly assembly)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return from type in assembly.GetTypes()
               from caller in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All))
               from callee in CalledBy(caller)
               select (caller, callee);
    }

    private static IEnumerable<MethodBase> CalledBy(MethodBase caller)
    {
        byte[] instructions = caller.GetMethodBody()?.GetILAsByteArray() ?? [];
        var typeArguments = caller.DeclaringType!.IsGenericType ? caller.DeclaringType.GetGenericArguments() : null;
        var methodArguments = caller.IsGenericMethod ? caller.GetGenericArguments() : null;
        for (int at = 0; at < instructions.Length;)
        {
            short value = instructions[at++];
            if (value == 0xFE)
                value = unchecked((short)(0xFE00 | instructions[at++]));
            var code = _codes[value];
            if (code.OperandType == OperandType.InlineMethod
                && caller.Module.ResolveMethod(BitConverter.ToInt32(instructions, at), typeArguments, methodArguments) is { } callee)
                yield return callee is MethodInfo { IsGenericMethod: true, IsGenericMethodDefinition: false } generic ? generic.GetGenericMethodDefinition() : callee;
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(instructions, at)),
                _ => 4,
            };
        }
    }
}
