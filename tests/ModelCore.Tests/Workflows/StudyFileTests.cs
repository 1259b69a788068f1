using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.ModelCore.Tests.Workflows;

public sealed class StudyFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Study_WithAllThereIs_IsWrittenOut()
    {
        File.WriteAllText(_folder.File("shared.yaml"), """
            properties: {size: 64, rms: 50}
            targets:
              lotss:
                kind: dataset
                mosaics: data/mosaics
                catalogue: data/catalogue.fits
                size: ${size}
            """);
        var study = Read("""
            # A study.
            name: little
            imports: [shared.yaml]
            properties:
              rms: 70uJy
              weights: [0.1, 0.25]
              label: noise of ${rms}
            limits: {gpu: 2}
            targets:
              model:
                kind: train
                dataset: ${targets.lotss}
                iterations: 100
                retry: 2
                timeout: 2h
                resources: {gpu: 2}
                config: {training: {precision: Auto}}
              set:
                kind: sample
                matrix: {guidance: "${weights}", count: [10, 20]}
                model: ${targets.model}
                guidance: ${matrix.guidance}
                count: ${matrix.count}
              program:
                kind: exec
                matrix: {guidance: [0.1, 0.25]}
                command: [describe, "${label}", "$${HOME}", 0.10, "${targets.set.path}"]
                dependsOn: [lotss]
              absent:
                kind: exec
                condition: ${size} > 100 or ${rms} == 'x'
                command: [nothing]
            """);

        Assert.Equal("little", study.Name);
        Assert.Equal(
            ["lotss", "model", "set[guidance=0.1,count=10]", "set[guidance=0.1,count=20]", "set[guidance=0.25,count=10]", "set[guidance=0.25,count=20]", "program[guidance=0.1]", "program[guidance=0.25]"],
            study.Targets.Select(target => target.Name).Order(StringComparer.Ordinal).OrderBy(name => "lmsp".IndexOf(name[0])));
        var model = Find(study, "model");
        Assert.Equal(["lotss"], model.DependsOn);
        Assert.Equal((2, 7200.0, 2), (model.Retry, model.TimeoutSeconds!.Value, model.Resources["gpu"]));
        Assert.Equal(new TargetReference("lotss", "dataset"), Assert.Single(TargetReference.In(model.Parameters["dataset"])));
        Assert.Equal("Auto", (string?)model.Parameters["config"]!["training"]!["precision"]);
        var lotss = Find(study, "lotss");
        Assert.Equal(_folder.File("data/mosaics"), (string?)lotss.Parameters["mosaics"]);
        Assert.Equal(64, (long)lotss.Parameters["size"]!);
        Assert.Equal((0.25, 20), ((double)Find(study, "set[guidance=0.25,count=20]").Parameters["guidance"]!, (long)Find(study, "set[guidance=0.25,count=20]").Parameters["count"]!));
        // The program's matrix agrees with that of the set in 'guidance', so that it gets both counts of its own guidance.
        var program = Find(study, "program[guidance=0.25]");
        Assert.Equal(["lotss", "set[guidance=0.25,count=10]", "set[guidance=0.25,count=20]"], program.DependsOn);
        var command = program.Parameters["command"]!.AsArray();
        Assert.Equal(["describe", "noise of 70uJy", "${HOME}", "0.10"], command.Take(4).Select(word => (string)word!));
        Assert.Equal(2, command.Skip(4).SelectMany(TargetReference.In).Count());
    }

    [Fact]
    public void Properties_OfTheCommandLine_ComeFirst()
    {
        const string Text = """
            properties: {iterations: 10, twice: "${iterations}${iterations}"}
            targets:
              run: {kind: train, dataset: lotss, iterations: "${iterations}", batch: "${twice}"}
            """;
        var study = Read(Text, ("iterations", "20"));
        Assert.Equal((20, 2020), ((long)Find(study, "run").Parameters["iterations"]!, (long)Find(study, "run").Parameters["batch"]!));
        Assert.Equal(20, (long)study.Properties["iterations"]!);
        var error = Assert.Throws<StudyException>(() => Read(Text, ("iteratons", "20")));
        Assert.Contains("Did you mean 'iterations'?", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Equal meaning, equal recipe: to the last bit, with a unit or without, in the file or on the command line.</summary>
    [Theory]
    [InlineData("rms", "70", "70uJy", "70 uJy/beam", "0.07mJy", "0.07 mJy", "7e-5Jy", "70000nJy", "70µJy")]
    [InlineData("frequency", "144", "144MHz", "0.144 GHz", "144000kHz", "1.44e8Hz")]
    [InlineData("beam", "6", "6arcsec", "6 asec", "0.1arcmin", "6000mas", "6\"")]
    [InlineData("faintest", "0.206", "0.206mJy", "206uJy", "0.000206 Jy")]
    public void UnitsOfNumbers_MeanTheSameNumber(string parameter, string number, params string[] others)
    {
        string text = $"properties: {{value: 1}}\ntargets:\n  s: {{kind: sky, cone: [1, 2, 0.1], {parameter}: \"${{value}}\"}}\n";
        string RecipeOf(string value) => TargetRecipe.Of(Find(Read(text, ("value", value)), "s"), _ => "", (_, _) => "").Canonical;
        Assert.Equal(double.Parse(number, System.Globalization.CultureInfo.InvariantCulture), (double)Find(Read(text, ("value", number)), "s").Parameters[parameter]!);
        Assert.All(others, other => Assert.Equal(RecipeOf(number), RecipeOf(other)));
        Assert.NotEqual(RecipeOf(number), RecipeOf("1"));
    }

    [Fact]
    public void UnitsInLists_AreThoseOfEachNumber()
    {
        var study = Read("targets:\n  s: {kind: sky, cone: [12h, 2400arcmin, 72 arcsec]}\n  d: {kind: dataset, mosaics: m, catalogue: c, minLas: 0.5arcmin, minFlux: 2 Jy}\n");
        Assert.Equal([180, 40, 0.02], Find(study, "s").Parameters["cone"]!.AsArray().Select(number => (double)number!));
        Assert.Equal((30, 2000), ((double)Find(study, "d").Parameters["minLas"]!, (double)Find(study, "d").Parameters["minFlux"]!));
    }

    [Theory]
    [InlineData("rms: 70arcsec", "'rms' should be a number in uJy, or with one of the units Jy, mJy, uJy or nJy, also per beam, but it is '70arcsec'.")]
    [InlineData("beam: 6MHz", "arcsec, or with one of the units deg, arcmin, arcsec")]
    [InlineData("frequency: fast", "MHz, or with one of the units Hz, kHz, MHz or GHz, but it is 'fast'")]
    [InlineData("order: 5deg", "should be a whole number, but it is '5deg'")]
    public void UnitOfSomethingElse_IsToldWithPlaceAndUnits(string parameter, string says)
    {
        var problem = Assert.Single(Assert.Throws<StudyException>(() => Read($"targets:\n  s:\n    kind: sky\n    cone: [1, 2, 0.1]\n    {parameter}\n")).Problems);
        Assert.Equal((5, parameter.IndexOf(':', StringComparison.Ordinal) + 7), (problem.Place.Line, problem.Place.Column));
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void JsonThatYamlMapsTo_GivesTheSameStudy()
    {
        var fromYaml = Read("targets:\n  a:\n    kind: exec\n    command: [x, \"${targets.b.path}\"]\n  b:\n    kind: exec\n    command: [y]\n");
        var fromJson = Read("""{"targets": {"a": {"kind": "exec", "command": ["x", "${targets.b.path}"]}, "b": {"kind": "exec", "command": ["y"]}}}""");
        Assert.Equal(fromYaml.Targets.Select(Essence), fromJson.Targets.Select(Essence));
        Assert.Equal(fromJson.Targets.Select(Essence), Study.FromJson(fromJson.ToJson()).Targets.Select(Essence));

        static string Essence(StudyTarget target) => $"{target.Name} {target.Parameters.ToJsonString()} {string.Join(',', target.DependsOn)}";
    }

    /// <summary>Each with line and column, in the order of the file.</summary>
    [Fact]
    public void Errors_AreToldAllAtOnceWithPlaceAndSuggestion()
    {
        var error = Assert.Throws<StudyException>(() => Read("""
            propertys: {}
            properties:
              first: ${second}
              second: ${first}
            targets:
              lotss:
                kind: datset
              set:
                kind: dataset
                mosaics: data
                catalouge: file.fits
              run:
                kind: train
                datset: ${targets.set}
                iterations: many
              samples:
                kind: sample
                model: ${targets.runs}
                guidance: ${gidance}
              other:
                kind: evaluate
                real: ${targets.run}
                model: ${targets.run.modl}
                timeout: soon
                retry: -1
                resources: {gpu: 1}
            """));
        (int Line, int Column, string Says)[] expected =
        [
            (1, 1, "Did you mean 'properties'?"),
            (3, 10, "refers to itself"),
            (7, 11, "Did you mean 'dataset'?"),
            (8, 3, "needs 'mosaics' and 'catalogue' together"),
            (11, 5, "Did you mean 'catalogue'?"),
            (12, 3, "needs 'dataset'"),
            (14, 5, "Did you mean 'dataset'?"),
            (15, 17, "should be a whole number, but it is 'many'"),
            (18, 12, "There is no target 'runs'. Did you mean 'run'?"),
            (19, 15, "no property 'gidance'"),
            (22, 11, "has no result 'dataset'"),
            (23, 12, "Did you mean 'model'?"),
            (24, 14, "should be a duration"),
            (25, 12, "should be a whole number of 0 or more"),
            (26, 17, "add it to 'limits:'"),
        ];
        foreach (var (line, column, says) in expected)
            Assert.True(error.Problems.Any(problem => problem.Place.Line == line && problem.Place.Column == column && problem.Message.Contains(says, StringComparison.Ordinal)), $"({line},{column}) {says}\n{error.Message}");
        Assert.Equal(error.Problems.OrderBy(problem => problem.Place.Line), error.Problems);
    }

    [Theory]
    [InlineData("targets: ]", 1, "This is not YAML")]
    [InlineData("", 1, "empty")]
    [InlineData("targets:\n  a: {kind: exec, command: [x]}\n  a: {kind: exec, command: [y]}", 3, "is there twice")]
    [InlineData("targets:\n  a: &x {kind: exec, command: [x]}\n  b: *x", 3, "Anchors and aliases")]
    [InlineData("targets:\n  a: {kind: exec, command: [\"${targets.b.path\"]}", 2, "is not closed")]
    [InlineData("targets:\n  a: {kind: exec, command: [x], condition: 3 <}", 2, "it ends too early")]
    [InlineData("targets:\n  a: {kind: exec, command: [x], condition: 1 == 2}\n  b: {kind: exec, command: [\"${targets.a.path}\"]}", 3, "leaves out")]
    [InlineData("imports: [nowhere.yaml]\ntargets: {}", 1, "There is no file")]
    [InlineData("just words", 1, "A study is a mapping")]
    [InlineData("properties: {a: 1}", 1, "has no targets")]
    [InlineData("targets:\n  s: {kind: sky}", 2, "needs either 'cone' or 'area'")]
    [InlineData("limits: {gpu: 1}\ntargets:\n  a: {kind: exec, command: [x], resources: {gpu: 2}}", 3, "wants 2 of 'gpu'")]
    [InlineData("targets:\n  a: {kind: sample, model: m, matrix: {w: [1, 1]}}", 2, "twice")]
    [InlineData("targets:\n  a: {kind: exec, command: [\"${inputs.x}\"], inputs: {y: f}}", 2, "Did you mean 'y'?")]
    public void Mistake_IsToldWithItsLine(string text, int line, string says)
    {
        var error = Assert.Throws<StudyException>(() => Read(text));
        Assert.Contains(error.Problems, problem => problem.Place.Line == line && problem.Message.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void Conditions_CompareWordsAndNumbers()
    {
        Assert.True(Condition.Holds("lotss == lotss and not (3 > 4.5 or 'a b' != 'a b')"));
        Assert.True(Condition.Holds("1.0 == 1"));
        Assert.False(Condition.Holds("2 <= 1 or false"));
        Assert.Throws<FormatException>(() => Condition.Holds("a < b"));
        Assert.Throws<FormatException>(() => Condition.Holds("true true"));
        Assert.Throws<FormatException>(() => Condition.Holds("(true"));
    }

    [Fact]
    public void RandomGraphs_AreOrderedByDependency()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var graph = new RandomGraph(seed);
            var study = Read(graph.ToYaml());
            Assert.Equal(graph.Needs.Count, study.Targets.Count);
            var place = study.Targets.Select((target, i) => (target.Name, i)).ToDictionary(pair => pair.Name, pair => pair.i);
            for (int i = 0; i < graph.Needs.Count; i++)
            {
                Assert.Equal(graph.Needs[i].Order(StringComparer.Ordinal), Find(study, $"t{i}").DependsOn);
                Assert.All(graph.Needs[i], needed => Assert.True(place[needed] < place[$"t{i}"]));
            }
        }
    }

    /// <summary>One more edge against the order makes a cycle; the error names its targets in turn, at the place of one of them.</summary>
    [Fact]
    public void RandomGraphs_WithACycle_AreRefusedAtItsPlace()
    {
        int cycles = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            var graph = new RandomGraph(seed);
            int user = Enumerable.Range(0, graph.Needs.Count).FirstOrDefault(i => graph.Needs[i].Length > 0, -1);
            if (user < 0)
                continue;
            cycles++;
            string needed = graph.Needs[user][0];
            string text = graph.ToYaml(i => $"t{i}" == needed ? graph.Needs[i].Append($"t{user}") : graph.Needs[i]);
            var problem = Assert.Single(Assert.Throws<StudyException>(() => Read(text)).Problems);
            Assert.Contains("wait for each other", problem.Message, StringComparison.Ordinal);
            string line = text.Split('\n')[problem.Place.Line - 1];
            string[] named = [.. problem.Message.Split(": ")[1].Split(" (")[0].Split(" -> ")];
            Assert.Equal($"  {named[0]}:", line);
            Assert.Equal(3, problem.Place.Column);
            Assert.Equal(named[0], named[^1]);
            foreach (var (one, next) in named.Zip(named.Skip(1)))
                Assert.Contains(next, graph.Needs[int.Parse(one[1..])].Concat(one == needed ? [$"t{user}"] : []));
        }
        Assert.True(cycles > 200);
    }

    [Fact]
    public void RandomGraphs_WithAnUnknownName_AreRefusedAtItsPlace()
    {
        for (int seed = 0; seed < 100; seed++)
        {
            var graph = new RandomGraph(seed);
            int wrong = graph.Next(graph.Needs.Count);
            string text = graph.ToYaml(i => i == wrong ? graph.Needs[i].Append("nothing") : graph.Needs[i]);
            var problem = Assert.Single(Assert.Throws<StudyException>(() => Read(text)).Problems);
            Assert.Contains("no target 'nothing'", problem.Message, StringComparison.Ordinal);
            string found = text.Split('\n')[problem.Place.Line - 1][(problem.Place.Column - 1)..];
            Assert.True(found.StartsWith("nothing", StringComparison.Ordinal) || found.StartsWith("${targets.nothing", StringComparison.Ordinal), found);
        }
    }

    /// <summary>The schema lets every key through that the reader takes, and no other.</summary>
    [Fact]
    public void Schema_HasEveryKeyOfEveryKind()
    {
        var schema = StudySchema.Make();
        Assert.Equal(StudyFile.FileKeys.Order(), schema["properties"]!.AsObject().Select(entry => entry.Key).Order());
        foreach (var (kind, rule) in TargetKinds.All.Zip(schema["properties"]!["targets"]!["additionalProperties"]!["allOf"]!.AsArray()))
        {
            Assert.Equal(kind.Name, (string?)rule!["if"]!["properties"]!["kind"]!["const"]);
            Assert.Equal(StudyFile.TargetKeys.Concat(kind.Parameters.Select(parameter => parameter.Name)).Order(), rule["then"]!["properties"]!.AsObject().Select(entry => entry.Key).Order());
            Assert.Empty(kind.Parameters.Select(parameter => parameter.Name).Intersect(StudyFile.TargetKeys));
        }
        Assert.True(JsonNode.DeepEquals(schema, JsonNode.Parse(File.ReadAllText(Path.Combine(TestFiles.RepositoryRoot, "docs", "studies", "study.schema.json")))), "docs/studies/study.schema.json is old: 'radiodiffusion study schema' prints the present one.");
    }

    private Study Read(string text, params (string Name, string Value)[] overrides)
    {
        File.WriteAllText(_folder.File("study.yaml"), text);
        return StudyFile.Read(_folder.File("study.yaml"), overrides.ToDictionary(pair => pair.Name, pair => pair.Value));
    }

    private static StudyTarget Find(Study study, string name) => study.Targets.Single(target => target.Name == name);
}
