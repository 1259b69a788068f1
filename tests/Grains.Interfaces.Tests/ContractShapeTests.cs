using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Metadata;

namespace RadioDiffusion.Grains.Interfaces.Tests;

/// <summary>
/// What silos of two versions must agree on has a name or a number of its own: without it, a renamed class or a moved property would break a cluster
/// during an upgrade, and what was stored before.
/// </summary>
public class ContractShapeTests
{
    private static readonly Assembly _contracts = typeof(Names).Assembly;

    private static IEnumerable<Type> GrainInterfaces => _contracts.GetTypes().Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type));

    [Fact]
    public void EveryGrainInterfaceAndMethod_HasAnAliasOfItsOwn()
    {
        Assert.NotEmpty(GrainInterfaces);
        AssertNone(GrainInterfaces.Where(type => AliasOf(type) == null).Select(type => $"{type} lacks [Alias]"));
        AssertNone(GrainInterfaces.SelectMany(type => type.GetMethods()).Where(method => AliasOf(method) == null).Select(method => $"{method.DeclaringType}.{method.Name} lacks [Alias]"));
        foreach (var type in GrainInterfaces)
            AssertNone(Repeated(type.GetMethods().Select(AliasOf)).Select(alias => $"{type} has two methods with the alias '{alias}'"));
    }

    [Fact]
    public void EveryTypeInAMessage_IsSerialisableByAnAliasOfItsOwn()
    {
        var messages = Messages();
        Assert.Contains(typeof(Surveys.TileChannel), messages);                               // four levels down
        AssertNone(messages.Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() == null).Select(type => $"{type} lacks [GenerateSerializer]"));
        var serialised = messages.Union(ContractTypes.Serialised).ToList();
        AssertNone(serialised.Where(type => AliasOf(type) == null).Select(type => $"{type} lacks [Alias]"));
        AssertNone(Repeated(serialised.Concat(GrainInterfaces).Select(AliasOf)).Select(alias => $"two types have the alias '{alias}'"));
    }

    [Fact]
    public void EveryStoredMemberOfAMessage_HasAnIdOfItsOwn()
    {
        foreach (var type in ContractTypes.Serialised.Where(type => !type.IsEnum))
        {
            var members = ContractTypes.StoredMembers(type).ToList();
            Assert.NotEmpty(members);
            AssertNone(members.Where(member => member.GetCustomAttribute<IdAttribute>() == null).Select(member => $"{type}.{member.Name} lacks [Id]"));
            AssertNone(Repeated(members.Select(member => member.GetCustomAttribute<IdAttribute>()!.Id.ToString())).Select(id => $"{type} has two members with [Id({id})]"));
        }
    }

    /// <summary>
    /// Messages.txt has every member of every message as it was when the line was written. A new member gets a new line; a line that no longer holds
    /// means that silos of two versions, or a new silo and an old store, misunderstand each other.
    /// </summary>
    [Fact]
    public void EveryMember_IsWhatMessagesTxtSays()
    {
        string path = Path.Combine(TestFiles.RepositoryRoot, "tests", "Grains.Interfaces.Tests", "Messages.txt");
        string[] written = [.. File.ReadAllLines(path).Where(line => line.Length > 0 && line[0] != '#')];
        string[] found = [.. ContractTypes.Serialised.SelectMany(Describe)];
        AssertNone(written.Except(found).Select(line => $"no longer so: {line}"));
        AssertNone(found.Except(written).Select(line => $"to be added to Messages.txt: {line}"));
    }

    /// <summary>The runtime's own name of an interface, by which one silo finds the grains of another.</summary>
    [Fact]
    public void EveryGrainInterface_IsCalledByItsAliasAtRunTime()
    {
        using var host = new HostBuilder().UseOrleansClient(client => client.UseLocalhostClustering()).Build();
        var names = host.Services.GetRequiredService<GrainInterfaceTypeResolver>();
        Assert.All(GrainInterfaces, type => Assert.Equal(AliasOf(type), names.GetGrainInterfaceType(type).ToString()));
    }

    /// <summary>Tells each fault whole, where Assert.Empty would cut them short.</summary>
    private static void AssertNone(IEnumerable<string> faults) => Assert.True(!faults.Any(), string.Join('\n', faults));

    private static IEnumerable<string> Describe(Type type) => type.IsEnum
        ? Enum.GetNames(type).Select(name => $"{AliasOf(type)} {Convert.ToInt64(Enum.Parse(type, name))} {name}")
        : ContractTypes.StoredMembers(type).Select(member => $"{AliasOf(type)} {member.GetCustomAttribute<IdAttribute>()?.Id} {member.Name}: {NameOf(member.PropertyType)}");

    /// <summary>As the wire knows it: an alias, or the name of a type of .NET.</summary>
    private static string NameOf(Type type)
    {
        if (type.IsArray)
            return NameOf(type.GetElementType()!) + "[]";
        string name = AliasOf(type.IsGenericType ? type.GetGenericTypeDefinition() : type) ?? type.Name;
        return type.IsGenericType ? $"{name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>" : name;
    }

    private static string? AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias;

    private static IEnumerable<string?> Repeated(IEnumerable<string?> names) => names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key);

    /// <summary>Our types that appear in a signature, or in one of those.</summary>
    private static HashSet<Type> Messages()
    {
        var found = new HashSet<Type>();
        var open = new Stack<Type>(GrainInterfaces.SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType)));
        while (open.TryPop(out var type))
        {
            foreach (var part in type.IsArray ? [type.GetElementType()!] : type.GetGenericArguments())
                open.Push(part);
            var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
            if (type.IsGenericParameter || definition.Namespace?.StartsWith("RadioDiffusion", StringComparison.Ordinal) != true || !found.Add(definition) || type.IsEnum)
                continue;
            foreach (var member in ContractTypes.StoredMembers(definition))
                open.Push(member.PropertyType);
        }
        return found;
    }
}
