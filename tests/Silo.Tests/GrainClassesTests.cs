using System.Reflection;
using Orleans.Metadata;
using RadioDiffusion.Grains;

namespace RadioDiffusion.Silo.Tests;

public class GrainClassesTests
{
    /// <summary>The type's name is part of the names of stored states and of reminders: it must outlive the class's name.</summary>
    [Fact]
    public void EveryGrainClass_HasAGrainTypeOfItsOwn()
    {
        Type[] classes = [.. new[] { typeof(GrainsRegistration).Assembly, typeof(SiloHost).Assembly }
            .SelectMany(assembly => assembly.GetTypes()).Where(type => type is { IsClass: true, IsAbstract: false } && typeof(IGrain).IsAssignableFrom(type)
                && type.Namespace?.StartsWith("RadioDiffusion", StringComparison.Ordinal) == true)];
        Assert.True(classes.Length >= 10);
        AssertNone(classes.Where(type => type.GetCustomAttribute<GrainTypeAttribute>() == null).Select(type => $"{type} lacks [GrainType]"));
        AssertNone(classes.GroupBy(GrainTypeOf).Where(group => group.Count() > 1).Select(group => $"[GrainType(\"{group.Key}\")] is that of {string.Join(" and ", group)}"));
    }

    private static void AssertNone(IEnumerable<string> faults) => Assert.True(!faults.Any(), string.Join('\n', faults));

    private static string GrainTypeOf(Type type) => ((IGrainTypeProviderAttribute)type.GetCustomAttribute<GrainTypeAttribute>()!).GetGrainType(null!, type).ToString()!;
}
