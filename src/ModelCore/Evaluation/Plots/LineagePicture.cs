using System.Globalization;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>
/// Where an artifact comes from and what was made from it, in layers: files of the survey on the left, the artifact in the middle, what used it on the right. Many artifacts of a kind that are made and used alike
/// (shards, samples) are one box with their number. Equal lineages are equal pictures.
/// </summary>
public static class LineagePicture
{
    private const double BoxWidth = 196, BoxHeight = 54, BendHeight = 8, Between = 64, Apart = 14, Margin = 24, Arrow = 5;
    private const int Alike = 4, MostBoxes = 160, LettersInALine = 30, Rounds = 8, Sweeps = 6;

    /// <summary>Records of studies: they hold results, but nothing is made of them.</summary>
    private static readonly string[] _records = ["target", "build", "study"];

    /// <param name="lineage">Of the store.</param>
    /// <param name="id">The artifact in the middle.</param>
    /// <param name="names">What artifacts are called, by their IDs.</param>
    public static Drawing Draw(Lineage lineage, string id, IReadOnlyDictionary<string, string> names)
    {
        var boxes = Boxes(lineage, id, names);
        int left = boxes.Count;
        var shown = Nearest(boxes, id);
        left -= shown.Count;
        var layers = Layers(shown);
        double height = layers.Max(HeightOf);
        var drawing = new Drawing((2 * Margin) + (layers.Count * (BoxWidth + Between)) - Between, (2 * Margin) + height + 40);
        for (int column = 0; column < layers.Count; column++)
        {
            double top = Margin + ((height - HeightOf(layers[column])) / 2);
            foreach (var box in layers[column])
            {
                (box.X, box.Y) = (Margin + (column * (BoxWidth + Between)), top);
                top += box.Height + Apart;
            }
        }
        foreach (var box in layers.SelectMany(layer => layer))
        {
            foreach (var input in box.Inputs.OrderBy(input => input.Key, StringComparer.Ordinal))
                Connect(drawing, input, box);
        }
        shown.ForEach(box => Put(drawing, box));
        drawing.Text(Margin, drawing.Height - 18, $"From left to right: what it was made from, {Short(lineage.Find(id)!.Recipe.Kind)}, what was made from it.{(left > 0 ? $" {left} boxes that are further away are left out." : "")}", 11, TextAnchor.Start, Drawing.Soft);
        return drawing;
    }

    private static double HeightOf(List<Box> layer) => layer.Sum(box => box.Height + Apart) - Apart;

    private static List<Box> Boxes(Lineage lineage, string id, IReadOnlyDictionary<string, string> names)
    {
        var nodes = new Dictionary<string, Node>();
        bool IsShown(string one) => one == id || !_records.Contains(lineage.Find(one)!.Recipe.Kind);
        Node Artifact(string one)
        {
            if (!nodes.TryGetValue(one, out var node))
                nodes[one] = node = new Node(one, lineage.Find(one)!.Recipe.Kind, lineage.Find(one));
            return node;
        }
        foreach (string one in lineage.AncestorsOf(id).Where(IsShown))
        {
            // What a program left is called by its content, which was made from nothing.
            foreach (var input in lineage.InputsOf(one).Where(input => input.Artifact == null ? input.Role != "content" : IsShown(input.Artifact)))
            {
                string key = input.Artifact ?? $"{input.Role} {input.Digest}";
                var node = input.Artifact != null ? Artifact(key) : nodes.GetValueOrDefault(key) ?? (nodes[key] = new Node(key, "file", null));
                Artifact(one).Inputs.Add(node);
                node.Users.Add(Artifact(one));
            }
        }
        var descendants = lineage.DescendantsOf(id).Where(IsShown).ToHashSet();
        foreach (string one in descendants)
        {
            foreach (string user in lineage.UsersOf(one).Where(descendants.Contains))
            {
                Artifact(user).Inputs.Add(Artifact(one));
                Artifact(one).Users.Add(Artifact(user));
            }
        }
        Artifact(id);
        return Merge([.. nodes.Values.OrderBy(node => node.Key, StringComparer.Ordinal)], id, names);
    }

    /// <summary>Nodes are alike if they are of one kind, made from alike ones and used by alike ones: the colours of the neighbours are looked at until they change no more.</summary>
    private static List<Box> Merge(List<Node> nodes, string id, IReadOnlyDictionary<string, string> names)
    {
        var colours = nodes.ToDictionary(node => node, node => node.Key == id ? "root" : node.Kind == "file" && node.Users.Count > 1 ? "file of several" : node.Kind);
        for (int round = 0; round < Rounds; round++)
        {
            var finer = nodes.ToDictionary(node => node, node => $"{colours[node]} < {Colours(node.Inputs)} > {Colours(node.Users)}");
            string Colours(IEnumerable<Node> neighbours) => string.Join('|', neighbours.Select(neighbour => colours[neighbour]).Distinct().Order(StringComparer.Ordinal));
            var numbers = finer.Values.Distinct().Order(StringComparer.Ordinal).Select((text, i) => (text, i)).ToDictionary(pair => pair.text, pair => pair.i);
            int before = colours.Values.Distinct().Count();
            colours = nodes.ToDictionary(node => node, node => string.Create(CultureInfo.InvariantCulture, $"{numbers[finer[node]]:00000}"));
            if (numbers.Count == before)
                break;
        }
        var boxOf = new Dictionary<Node, Box>();
        foreach (var alike in nodes.GroupBy(node => colours[node]))
        {
            var members = alike.ToList();
            foreach (var group in members.Count >= Alike ? [members] : members.Select(node => new List<Node> { node }))
            {
                var box = new Box(group, group[0].Key == id, names);
                group.ForEach(node => boxOf[node] = box);
            }
        }
        foreach (var node in nodes)
            boxOf[node].Inputs.UnionWith(node.Inputs.Select(input => boxOf[input]).Where(box => box != boxOf[node]));
        var boxes = boxOf.Values.Distinct().OrderBy(box => box.Key, StringComparer.Ordinal).ToList();
        foreach (var box in boxes)
        {
            foreach (var input in box.Inputs)
                input.Users.Add(box);
        }
        return boxes;
    }

    /// <summary>The box in the middle and those that are fewest steps away.</summary>
    private static List<Box> Nearest(List<Box> boxes, string id)
    {
        var root = boxes.Single(box => box.IsRoot);
        var found = new List<Box>();
        var known = new HashSet<Box>();
        var open = new Queue<Box>([root]);
        while (open.TryDequeue(out var box) && found.Count < MostBoxes)
        {
            if (!known.Add(box))
                continue;
            found.Add(box);
            foreach (var next in box.Inputs.Concat(box.Users).OrderBy(next => next.Key, StringComparer.Ordinal))
                open.Enqueue(next);
        }
        foreach (var box in found)
        {
            box.Inputs.IntersectWith(found);
            box.Users.IntersectWith(found);
        }
        return found;
    }

    /// <summary>Columns of boxes, each right of all that it was made from, with those that belong together near each other.</summary>
    private static List<List<Box>> Layers(List<Box> boxes)
    {
        var depth = new Dictionary<Box, int>();
        int Depth(Box box)
        {
            if (!depth.TryGetValue(box, out int known))
                depth[box] = known = box.Inputs.Count == 0 ? 0 : box.Inputs.Max(Depth) + 1;
            return known;
        }
        boxes.ForEach(box => Depth(box));
        // What has no input of its own stands just before what uses it first.
        foreach (var box in boxes.Where(box => box.Inputs.Count == 0 && box.Users.Count > 0))
            depth[box] = box.Users.Min(user => depth[user]) - 1;
        int first = depth.Values.Min();
        foreach (var box in boxes)
            Bend(box, depth);
        var layers = Enumerable.Range(first, depth.Values.Max() - first + 1).Select(column => depth.Keys.Where(box => depth[box] == column).OrderBy(box => box.Key, StringComparer.Ordinal).ToList()).ToList();
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            var place = layers.SelectMany(layer => layer.Select((box, row) => (box, At: (row + 0.5) / layer.Count))).ToDictionary(pair => pair.box, pair => pair.At);
            for (int i = 0; i < layers.Count; i++)
                layers[i] = [.. layers[i].OrderBy(box => (sweep % 2 == 0 ? box.Inputs : box.Users).Select(other => place[other]).DefaultIfEmpty(place[box]).Average()).ThenBy(box => box.Key, StringComparer.Ordinal)];
        }
        return layers;
    }

    /// <summary>Lines from far away get a place of their own in each column that they cross, so that they run between the boxes.</summary>
    private static void Bend(Box to, Dictionary<Box, int> depth)
    {
        foreach (var from in to.Inputs.Where(input => depth[to] - depth[input] > 1).OrderBy(input => input.Key, StringComparer.Ordinal).ToList())
        {
            to.Inputs.Remove(from);
            from.Users.Remove(to);
            var last = from;
            for (int column = depth[from] + 1; column < depth[to]; column++)
            {
                var bend = new Box(string.Create(CultureInfo.InvariantCulture, $"~ {from.Key} {to.Key} {column}"));
                depth[bend] = column;
                last.Users.Add(bend);
                bend.Inputs.Add(last);
                last = bend;
            }
            last.Users.Add(to);
            to.Inputs.Add(last);
        }
    }

    private static void Connect(Drawing drawing, Box from, Box to)
    {
        double x = to.X, y = to.Y + (to.Height / 2), before = from.Y + (from.Height / 2);
        var (begin, bend) = (from.X + BoxWidth, from.X + BoxWidth + (Between / 4));
        drawing.Line([(begin, before), (bend, before), (x - (Between / 4), y), (x, y)], Drawing.Soft, 1);
        if (to.IsBend)
            drawing.Line([(x, y), (x + BoxWidth, y)], Drawing.Soft, 1);
        else
            drawing.Line([(x - Arrow, y - Arrow), (x, y), (x - Arrow, y + Arrow)], Drawing.Soft, 1);
    }

    private static void Put(Drawing drawing, Box box)
    {
        double border = box.IsRoot ? 2.5 : 1;
        drawing.Rectangle(box.X, box.Y, BoxWidth, BoxHeight, box.IsRoot ? Drawing.Red : Drawing.Soft);
        drawing.Rectangle(box.X + border, box.Y + border, BoxWidth - (2 * border), BoxHeight - (2 * border), box.Colour);
        for (int i = 0; i < box.Lines.Length; i++)
            drawing.Text(box.X + 10, box.Y + 17 + (15 * i), Short(box.Lines[i]), i == 0 ? 12 : 10, TextAnchor.Start, i == 0 ? Drawing.Ink : Drawing.Soft);
    }

    private static string Short(string text) => text.Length <= LettersInALine ? text : text[..(LettersInALine - 3)] + "...";

    private sealed class Node(string key, string kind, ArtifactManifest? manifest)
    {
        public string Key => key;

        public string Kind => kind;

        public ArtifactManifest? Manifest => manifest;

        public HashSet<Node> Inputs { get; } = [];

        public HashSet<Node> Users { get; } = [];
    }

    private sealed class Box
    {
        /// <summary>A place that a line runs through.</summary>
        public Box(string key) => (Key, IsBend) = (key, true);

        public Box(List<Node> nodes, bool isRoot, IReadOnlyDictionary<string, string> names)
        {
            Key = $"{nodes[0].Kind} {nodes[0].Key}";
            IsRoot = isRoot;
            Colour = ColourOf(nodes[0]);
            Lines = LinesOf(nodes, names);
        }

        public string Key { get; }

        public bool IsRoot { get; }

        public bool IsBend { get; }

        public double Height => IsBend ? BendHeight : BoxHeight;

        /// <summary>Files, data, models and samples, and what is made of them.</summary>
        public string Colour { get; } = "";

        /// <summary>Kind and number; name or ID; date.</summary>
        public string[] Lines { get; } = [];

        public HashSet<Box> Inputs { get; } = [];

        public HashSet<Box> Users { get; } = [];

        public double X { get; set; }

        public double Y { get; set; }

        private static string ColourOf(Node node) => node.Kind switch
        {
            "file" => "#ffffff",
            "dataset" or "shard" or "catalogue" => "#e3eefa",
            "snapshot" or "checkpoint" or "run" => "#fdeee0",
            "sample" or "sample-set" => "#e8f5e6",
            _ => "#f2f0f7",
        };

        private static string[] LinesOf(List<Node> nodes, IReadOnlyDictionary<string, string> names) =>
        [
            nodes.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $"{nodes[0].Kind} × {nodes.Count}") : nodes[0].Kind == "file" ? $"file: {nodes[0].Key.Split(' ')[0]}" : nodes[0].Kind,
            nodes.Count > 1 ? (nodes[0].Kind == "file" ? nodes[0].Key.Split(' ')[0] : ShortId(nodes[0])) + ", ..." : names.TryGetValue(nodes[0].Key, out string? name) ? $"{name} ({ShortId(nodes[0])})" : ShortId(nodes[0]),
            Date(nodes),
        ];

        private static string ShortId(Node node)
        {
            string id = node.Manifest == null ? node.Key.Split(' ')[^1] : node.Key;
            string digits = id.StartsWith("sha256:", StringComparison.Ordinal) ? id["sha256:".Length..] : id.StartsWith(node.Kind + "-", StringComparison.Ordinal) ? id[(node.Kind.Length + 1)..] : id;
            return digits.Length <= 12 || node.Kind == "sample" ? digits : digits[..12];
        }

        private static string Date(List<Node> nodes)
        {
            var dates = nodes.Select(node => node.Manifest?.Provenance.Created).OfType<DateTimeOffset>().Select(date => date.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal).ToList();
            return dates.Count == 0 ? "from outside" : dates[0] == dates[^1] ? dates[0] : $"{dates[0]} to {dates[^1]}";
        }
    }
}
