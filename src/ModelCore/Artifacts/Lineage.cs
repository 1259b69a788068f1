using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>Something that an artifact was made from: another artifact, or a file from outside, of which no more than its digest is known.</summary>
/// <param name="Role">What it was to it, as its recipe says.</param>
/// <param name="Digest">As the recipe has it.</param>
/// <param name="Artifact">The artifact's ID; null for a file from outside.</param>
public sealed record LineageInput(string Role, string Digest, string? Artifact);

/// <summary>Where artifacts come from and what used them. Recipes name content and not artifacts, so that the store is looked through once.</summary>
public sealed partial class Lineage
{
    private readonly Dictionary<string, ArtifactManifest> _manifests = [];
    private readonly Dictionary<string, string> _byDigest = [];
    private readonly Dictionary<string, IReadOnlyList<LineageInput>> _inputs = [];
    private readonly Dictionary<string, List<string>> _users = [];

    /// <summary>Looks through a store.</summary>
    public static async Task<Lineage> ReadAsync(IArtifactStore store, CancellationToken ct)
    {
        var lineage = new Lineage();
        await foreach (var manifest in store.ListAsync(ct: ct))
            lineage._manifests[manifest.Id] = manifest;
        foreach (var manifest in lineage._manifests.Values)
            lineage.Index(manifest);
        foreach (var (id, manifest) in lineage._manifests)
        {
            var inputs = lineage.InputsFrom(manifest);
            lineage._inputs[id] = inputs;
            foreach (string needed in inputs.Select(input => input.Artifact).OfType<string>().Distinct())
            {
                if (!lineage._users.TryGetValue(needed, out var users))
                    lineage._users[needed] = users = [];
                users.Add(id);
            }
        }
        return lineage;
    }

    public ArtifactManifest? Find(string id) => _manifests.GetValueOrDefault(id);

    /// <summary>What an artifact was made from, in the order of its recipe.</summary>
    public IReadOnlyList<LineageInput> InputsOf(string id) => _inputs.GetValueOrDefault(id) ?? [];

    /// <summary>The artifacts that were made from one, at once.</summary>
    public IReadOnlyList<string> UsersOf(string id) => [.. (_users.GetValueOrDefault(id) ?? []).Order(StringComparer.Ordinal)];

    /// <summary>An artifact, and all that it goes back to, each after those that were made from it.</summary>
    public IReadOnlyList<string> AncestorsOf(string id) => Reach(id, one => InputsOf(one).Select(input => input.Artifact).OfType<string>());

    /// <summary>An artifact, and all that goes back to it.</summary>
    public IReadOnlyList<string> DescendantsOf(string id) => Reach(id, UsersOf);

    /// <summary>The provenance of some artifacts as W3C PROV-JSON: entities with their digests, the activities that made them, the programs that did.</summary>
    /// <remarks>https://www.w3.org/submissions/prov-json/ (2013).</remarks>
    public JsonObject ToProv(IReadOnlyCollection<string> ids)
    {
        JsonObject entities = [], activities = [], agents = [], generated = [], used = [], associated = [], derived = [];
        foreach (string id in ids)
        {
            var manifest = _manifests[id];
            string entity = Name(id), activity = Name($"making-{id}"), agent = Name(manifest.Provenance.Software);
            entities[entity] = new JsonObject { ["prov:label"] = id, ["prov:type"] = manifest.Recipe.Kind, ["rd:contentDigest"] = manifest.ContentDigest, ["rd:recipe"] = manifest.Recipe.Canonical };
            string made = manifest.Provenance.Created.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
            activities[activity] = new JsonObject { ["prov:label"] = $"making of {id}", ["prov:endTime"] = made, ["rd:machine"] = manifest.Provenance.Machine };
            agents[agent] = new JsonObject { ["prov:type"] = "prov:SoftwareAgent", ["prov:label"] = manifest.Provenance.Software };
            generated[$"_:g{generated.Count}"] = new JsonObject { ["prov:entity"] = entity, ["prov:activity"] = activity, ["prov:time"] = made };
            associated[$"_:a{associated.Count}"] = new JsonObject { ["prov:activity"] = activity, ["prov:agent"] = agent };
            foreach (var input in InputsOf(id))
            {
                string source = Name(input.Artifact ?? input.Digest);
                if (!entities.ContainsKey(source))
                    entities[source] = new JsonObject { ["prov:label"] = input.Artifact ?? input.Role, ["rd:contentDigest"] = input.Digest };
                used[$"_:u{used.Count}"] = new JsonObject { ["prov:activity"] = activity, ["prov:entity"] = source, ["prov:role"] = input.Role };
                derived[$"_:d{derived.Count}"] = new JsonObject { ["prov:generatedEntity"] = entity, ["prov:usedEntity"] = source, ["prov:activity"] = activity };
            }
        }
        return new JsonObject
        {
            ["prefix"] = new JsonObject { ["rd"] = "urn:radiodiffusion:" },
            ["entity"] = entities,
            ["activity"] = activities,
            ["agent"] = agents,
            ["wasGeneratedBy"] = generated,
            ["used"] = used,
            ["wasAssociatedWith"] = associated,
            ["wasDerivedFrom"] = derived,
        };
    }

    private static string Name(string text) => "rd:" + Uri.EscapeDataString(text);

    private static List<string> Reach(string from, Func<string, IEnumerable<string>> next)
    {
        var found = new List<string>();
        var known = new HashSet<string>();
        var open = new Queue<string>([from]);
        while (open.TryDequeue(out string? id))
        {
            if (!known.Add(id))
                continue;
            found.Add(id);
            next(id).ToList().ForEach(open.Enqueue);
        }
        return found;
    }

    /// <summary>All by which recipes can mean an artifact: its content, its ID, a file in it, and for snapshots the digits by which sample IDs name them.</summary>
    private void Index(ArtifactManifest manifest)
    {
        // A study's records have others' results in them, but nothing was made from them.
        if (manifest.Recipe.Kind is "build" or "study")
            return;
        _byDigest.TryAdd(manifest.Id, manifest.Id);
        _byDigest.TryAdd(manifest.ContentDigest, manifest.Id);
        _byDigest.TryAdd(Digests.OfBytes(Encoding.UTF8.GetBytes(manifest.Id)), manifest.Id);
        foreach (var file in manifest.Files)
            _byDigest.TryAdd(file.Sha256, manifest.Id);
        if (manifest.Id.StartsWith("snapshot-", StringComparison.Ordinal))
            _byDigest.TryAdd(manifest.Id["snapshot-".Length..], manifest.Id);
    }

    private List<LineageInput> InputsFrom(ArtifactManifest manifest)
    {
        var inputs = manifest.Recipe.Inputs.Select(input => InputOf(input.Key, input.Value, manifest.Id)).ToList();
        foreach (var (name, value) in manifest.Recipe.Kind == "target" ? manifest.Recipe.Parameters : [])
            inputs.AddRange(Meant(value).Select(digest => InputOf(name, digest, manifest.Id)));
        if (manifest.Id.StartsWith("s1_", StringComparison.Ordinal))
            inputs.Add(InputOf("model", manifest.Id.Split('_')[1], manifest.Id));
        return [.. inputs.Where(input => input.Artifact != manifest.Id).DistinctBy(input => (input.Role, input.Digest))];
    }

    private LineageInput InputOf(string role, string digest, string self) =>
        new(role, digest, _byDigest.TryGetValue(digest, out string? artifact) && artifact != self ? artifact : null);

    /// <summary>The digests in a target's parameters: sha256:..., kind-..., sixteen digits.</summary>
    private IEnumerable<string> Meant(JsonNode? value) => value switch
    {
        JsonObject map => map.SelectMany(entry => Meant(entry.Value)),
        JsonArray list => list.SelectMany(Meant),
        JsonValue text when text.TryGetValue(out string? word) => Digest().Matches(word).Select(match => match.Value).Where(digest => digest.StartsWith("sha256:", StringComparison.Ordinal) || _byDigest.ContainsKey(digest)),
        _ => [],
    };

    [GeneratedRegex("sha256:[0-9a-f]{64}|[a-z0-9-]+-[0-9a-f]{16,32}|[0-9a-f]{16}")]
    private static partial Regex Digest();
}
