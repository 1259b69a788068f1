using System.Reflection;

namespace RadioDiffusion.Grains.Interfaces.Tests;

/// <summary>The serialised types of the contracts, and one instance of each with a value of its own in every member.</summary>
internal static class ContractTypes
{
    /// <summary>Generic types as their definitions.</summary>
    public static IEnumerable<Type> Serialised => typeof(Names).Assembly.GetTypes()
        .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() != null && type.Namespace!.StartsWith("RadioDiffusion", StringComparison.Ordinal));

    /// <summary>The properties that hold something, which are those with a field behind them.</summary>
    public static IEnumerable<PropertyInfo> StoredMembers(Type type) => type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
        .Where(property => type.GetField($"<{property.Name}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic) != null);

    /// <summary>An instance whose members are different from their defaults and from each other.</summary>
    public static object Sample(Type type) => Sample(type, new Counter());

    private static object Sample(Type type, Counter counter)
    {
        int next = ++counter.Last;
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Sample(underlying, counter);
        if (type == typeof(string))
            return $"text {next}";
        if (type == typeof(bool))
            return true;
        if (type == typeof(double))
            return next + 0.1;
        if (type == typeof(TimeSpan))
            return TimeSpan.FromSeconds(next);
        if (type == typeof(DateTimeOffset))
            return DateTimeOffset.UnixEpoch.AddSeconds(next);
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1)!;
        if (type.IsPrimitive)
            return Convert.ChangeType(next, type);
        if (type.IsArray || type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return SampleArray(type.IsArray ? type.GetElementType()! : type.GetGenericArguments()[0], counter);
        if (type.IsGenericTypeDefinition)
            return Sample(type.MakeGenericType([.. type.GetGenericArguments().Select(_ => typeof(string))]), counter);
        var constructor = type.GetConstructors(BindingFlags.Instance | BindingFlags.Public).Single(constructor => !IsCopy(constructor));
        object instance = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Sample(parameter.ParameterType, counter))]);
        if (constructor.GetParameters().Length == 0)
        {
            foreach (var member in StoredMembers(type))
                member.SetValue(instance, Sample(member.PropertyType, counter));
        }
        return instance;
    }

    private static Array SampleArray(Type element, Counter counter)
    {
        var array = Array.CreateInstance(element, 2);
        for (int i = 0; i < array.Length; i++)
            array.SetValue(Sample(element, counter), i);
        return array;
    }

    private static bool IsCopy(ConstructorInfo constructor) =>
        constructor.GetParameters() is [{ } only] && only.ParameterType == constructor.DeclaringType;

    private sealed class Counter
    {
        public int Last { get; set; }
    }
}
