using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.ModelCore.Tests.Workflows;

public sealed class ReportPartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Parts_NameResultsOfTargets()
    {
        var report = Read("""
            - {section: Data, title: "Table ${n}", show: selection, of: "${targets.set}", reduced: "${n} images", paper: {selected: {value: "10", source: here}, side: {ours: "${n}"}}}
            - {show: losses, of: "${targets.model}"}
            - {text: words alone}
            """).Targets.Single(target => target.Kind == "report");
        Assert.Equal(["model", "set"], report.DependsOn);
        Assert.Equal([new TargetReference("set", "artifact"), new TargetReference("model", "run")], TargetReference.In(report.Parameters));
        var parts = ReportPart.Read(TargetReference.Fill(report.Parameters["contents"], reference => JsonValue.Create(reference.Target))!.AsArray());
        Assert.Equal(("Data", "Table 7", "7 images", "set", "selection"), (parts[0].Section, parts[0].Title, parts[0].Reduced, parts[0].Of, parts[0].View!.Name));
        Assert.Equal([new PaperValue("selected", null, "10", "here"), new PaperValue("side", "7", null, null)], parts[0].Paper);
        Assert.Equal(("words alone", null), (parts[2].Text, parts[2].View));
    }

    [Theory]
    [InlineData("- {shows: losses}", "has the key 'shows', which is not known. Did you mean 'show'?")]
    [InlineData("- {show: loses, of: \"${targets.model}\"}", "can show selection, classes,")]
    [InlineData("- {show: losses}", "needs 'of'")]
    [InlineData("- {show: selection, of: \"${targets.model}\"}", "should have a target of kind dataset as 'of'")]
    [InlineData("- {show: selection, of: set}", "should have a target of kind dataset as 'of'")]
    [InlineData("- {title: a}\n- {show: settings, title: b, paper: {x: {value: 3}}}", "needs the source of the paper's 'x', in part 2 ('b')")]
    [InlineData("- {show: settings, paper: {x: 3}}", "should say ours, value, source of 'x'")]
    [InlineData("- words", "should have mappings")]
    [InlineData("- {show: picture, of: \"${targets.program}\"}", "needs 'file'")]
    public void Mistakes_AreToldWithTheirPart(string contents, string says)
    {
        var error = Assert.Throws<StudyException>(() => Read(contents));
        Assert.Contains(error.Problems, problem => problem.Place.Line > 6 && problem.Message.StartsWith("'contents' ", StringComparison.Ordinal) && problem.Message.Contains(says, StringComparison.Ordinal));
    }

    private Study Read(string contents)
    {
        string file = _folder.File("study.yaml");
        File.WriteAllText(file, $$$"""
            properties: {n: 7}
            targets:
              set: {kind: dataset, import: images}
              model: {kind: train, dataset: "${targets.set}"}
              program: {kind: exec, command: [x]}
              report:
                kind: report
                title: A report
                contents:
            {{{string.Join('\n', contents.Split('\n').Select(line => "      " + line))}}}
            """);
        return StudyFile.Read(file, new Dictionary<string, string>());
    }
}
