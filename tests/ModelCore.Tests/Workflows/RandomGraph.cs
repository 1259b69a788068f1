using System.Text;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.ModelCore.Tests.Workflows;

/// <summary>A random graph of targets from a seed, each depending on some of those before it, in a shuffled order; some with resources.</summary>
internal sealed class RandomGraph
{
    private readonly Random _random;

    public RandomGraph(int seed, int most = 40)
    {
        _random = new Random(seed);
        int count = _random.Next(1, most);
        for (int i = 0; i < count; i++)
        {
            string[] needs = [.. Enumerable.Range(0, i).Where(_ => _random.NextDouble() < 2.5 / count).Select(j => $"t{j}")];
            Needs.Add(needs);
            Claims.Add(_random.Next(3) switch { 0 => _random.Next(1, 3), _ => 0 });
        }
        Shuffled = [.. Enumerable.Range(0, count).OrderBy(_ => _random.Next())];
    }

    public List<string[]> Needs { get; } = [];

    /// <summary>What each takes of the resource gpu, of which there are 3.</summary>
    public List<int> Claims { get; } = [];

    public int[] Shuffled { get; }

    public int Next(int most) => _random.Next(most);

    /// <summary>The graph as a study: those that depend on others name their results as arguments, or name them in dependsOn.</summary>
    /// <param name="needs">The dependencies of target i, each by its name.</param>
    public string ToYaml(Func<int, IEnumerable<string>>? needs = null)
    {
        var text = new StringBuilder("limits: {gpu: 3}\ntargets:\n");
        foreach (int i in Shuffled)
        {
            string[] all = [.. needs == null ? Needs[i] : needs(i)];
            text.Append($"  t{i}:\n    kind: exec\n    command: [make, \"{i}\"{string.Concat(all.Where((_, k) => k % 2 == 0).Select(name => $", \"${{targets.{name}.path}}/x\""))}]\n");
            text.Append($"    dependsOn: [{string.Join(", ", all.Where((_, k) => k % 2 == 1))}]\n");
            if (Claims[i] > 0)
                text.Append($"    resources: {{gpu: {Claims[i]}}}\n");
        }
        return text.ToString();
    }
}
