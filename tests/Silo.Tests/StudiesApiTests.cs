using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using SkiaSharp;

namespace RadioDiffusion.Silo.Tests;

/// <summary>Studies over HTTP: what they are made of, how they get on, their history, and what their targets gave.</summary>
public sealed class StudiesApiTests(StudiesFixture service) : IClassFixture<StudiesFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StudyBuiltTwice_IsToldWithTargetsHistoryAndDifferences()
    {
        StudiesFixture.SkipOnWindows();
        const string Text = """
            name: told
            description: Told over HTTP.
            properties: {word: one}
            targets:
              first: {kind: exec, command: [sh, -c, "echo said; echo $0 > word.txt; echo '<script>alert(1)</script>' > page.html", "${word}"]}
              second: {kind: exec, matrix: {n: [1, 2]}, command: [sh, -c, "cat $0/word.txt > copy-$1.txt", "${targets.first.path}", "${matrix.n}"]}
              broken: {kind: exec, command: [sh, -c, "echo why >&2; exit 7"]}
              after: {kind: exec, command: [cat, "${targets.broken.path}"]}
              other: {kind: exec, command: [sh, -c, "echo 1 > x"], dependsOn: [first]}
            """;
        Assert.Equal(WorkState.Failed, (await service.BuildAsync("told", Text)).State);

        var study = await GetAsync("/api/v1/studies/told");
        Assert.Equal(("told", "Told over HTTP.", "Failed"), (TextOf(study, "name"), TextOf(study, "description"), TextOf(study, "state")));
        var targets = study.GetProperty("targets").EnumerateArray().ToDictionary(target => TextOf(target, "name")!);
        Assert.Equal(["Done", "Done", "Done", "Failed", "Blocked", "Done"], new[] { "first", "second[n=1]", "second[n=2]", "broken", "after", "other" }.Select(name => TextOf(targets[name], "state")));
        Assert.Contains("exit code 7", TextOf(targets["broken"], "error"), StringComparison.Ordinal);
        var log = (await GetAsync(TextOf(targets["broken"], "location")!)).GetProperty("log");
        Assert.Equal(("why\n", "why\n"), (TextOf(log, "text"), await service.Http.GetStringAsync(TextOf(log, "location"), Token)));
        Assert.Equal(["broken after", "first other", "first second[n=1]", "first second[n=2]"],
            study.GetProperty("edges").EnumerateArray().Select(edge => $"{TextOf(edge, "from")} {TextOf(edge, "to")}").Order(StringComparer.Ordinal));
        var listed = Assert.Single((await GetAsync("/api/v1/studies")).EnumerateArray(), one => TextOf(one, "name") == "told");
        Assert.Equal((4, 1, 1), (listed.GetProperty("lastBuild").GetProperty("ran").GetInt32(), listed.GetProperty("lastBuild").GetProperty("failed").GetInt32(), listed.GetProperty("lastBuild").GetProperty("blocked").GetInt32()));
        var events = await service.Http.EventsAsync("/api/v1/studies/told/events");
        Assert.Equal(("failed", 6), (events[^1].Event, events.SelectMany(one => one.Data.GetProperty("changes").EnumerateArray()).Select(target => TextOf(target, "name")).Distinct().Count()));

        // One target of the same study with another word: the others are as they were.
        await service.BuildAsync("told", Text, [("word", "two")], "second[n=1]");
        var builds = (await GetAsync("/api/v1/studies/told/builds")).EnumerateArray().ToList();
        Assert.Equal([(2, 0, "Done"), (4, 1, "Failed")], builds.Select(build => (build.GetProperty("ran").GetInt32(), build.GetProperty("failed").GetInt32(), TextOf(build, "state")!)));
        Assert.Equal(1, (await GetAsync("/api/v1/studies/told/builds?most=1")).GetArrayLength());
        targets = (await GetAsync("/api/v1/studies/told")).GetProperty("targets").EnumerateArray().ToDictionary(target => TextOf(target, "name")!);
        Assert.Equal((false, true, "Failed"), (targets["first"].GetProperty("isFromBefore").GetBoolean(), targets["broken"].GetProperty("isFromBefore").GetBoolean(), TextOf(targets["broken"], "state")!));
        var comparison = await GetAsync("/api/v1/studies/told/compare");
        Assert.Equal((TextOf(builds[1], "id"), TextOf(builds[0], "id")), (TextOf(comparison.GetProperty("a"), "id"), TextOf(comparison.GetProperty("b"), "id")));
        var differing = comparison.GetProperty("targets").EnumerateArray().ToDictionary(target => TextOf(target, "name")!);
        Assert.Equal(["first", "second[n=1]"], differing.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("\"two\"] and was", TextOf(differing["first"], "recipe"), StringComparison.Ordinal);
        Assert.Equal("the result of 'first' is another one", TextOf(differing["second[n=1]"], "recipe"));
        Assert.False(differing["first"].GetProperty("isSameResult").GetBoolean());
        Assert.Equal(4, comparison.GetProperty("same").GetInt32());
        Assert.Equal(0, (await GetAsync($"/api/v1/studies/told/compare?a=1&b={TextOf(builds[0], "id")}")).GetProperty("targets").GetArrayLength());

        var detail = await GetAsync(TextOf(targets["first"], "location")!);
        Assert.Equal("said\n", TextOf(detail.GetProperty("log"), "text"));
        Assert.Equal(["other", "second[n=1]", "second[n=2]"], detail.GetProperty("usedBy").EnumerateArray().Select(one => one.GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal("exec", TextOf(detail.GetProperty("recipe").GetProperty("parameters"), "kind"));
        var files = detail.GetProperty("files").EnumerateArray().ToDictionary(file => TextOf(file, "name")!, file => TextOf(file, "location")!);
        Assert.Equal("two\n", await service.Http.GetStringAsync(files["word.txt"], Token));
        using var page = await service.Http.GetAsync(files["page.html"], Token);
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("sandbox;", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);      // a program's page runs no scripts here
        Assert.Equal("[{\"$target\":\"first\",\"output\":\"path\"},\"1\"]", JsonSerializer.Serialize((await GetAsync(TextOf(targets["second[n=1]"], "location")!)).GetProperty("parameters").GetProperty("command").EnumerateArray().Skip(3)));

        string artifact = TextOf(detail.GetProperty("target"), "artifact")!;
        foreach (var (said, path) in ((string, string)[])
        [
            ("no study 'none'", "/api/v1/studies/none"), ("no study 'none'", "/api/v1/studies/none/events"), ("no study 'none'", "/api/v1/studies/none/builds"),
            ("no study 'none'", "/api/v1/studies/told/compare?with=none"), ("has no build '9'", "/api/v1/studies/told/compare?a=9"), ("did you mean 'first'", "/api/v1/studies/told/targets/firs"),
            ("nothing to preview", "/api/v1/studies/told/previews/first"), ("with a file 'none.txt'", $"/api/v1/studies/told/artifacts/{artifact}/none.txt"),
            ("No target of study 'told'", $"/api/v1/studies/told/artifacts/{TextOf(builds[0], "id")}/build.json"),
        ])
        {
            using var answer = await service.Http.GetAsync(path, Token);
            Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
            Assert.Contains(said, TextOf(await answer.Content.ReadFromJsonAsync<JsonElement>(Token), "detail"), StringComparison.OrdinalIgnoreCase);
        }
        using var tooMany = await service.Http.GetAsync("/api/v1/studies/told/builds?most=0", Token);
        Assert.Equal(HttpStatusCode.BadRequest, tooMany.StatusCode);
    }

    [Fact]
    public async Task Build_IsPausedGoneOnWithAndGivenUp()
    {
        StudiesFixture.SkipOnWindows();
        string text = $$"""
            name: stopped
            targets:
              waits: {kind: exec, command: [sh, -c, "until [ -e {{service.Folder}}/go-stopped ]; do sleep 0.05; done; echo x > x"]}
            """;
        await service.StartAsync("stopped", text);
        await UntilRunsAsync("stopped", "waits");
        foreach (var (call, state) in ((string, string)[])[("pause", "Paused"), ("resume", "Running"), ("cancel", "None"), ("resume", "Running")])
        {
            using var answer = await service.Http.PostAsync($"/api/v1/studies/stopped/{call}", null, Token);
            Assert.Equal((HttpStatusCode.Accepted, "/api/v1/studies/stopped"), (answer.StatusCode, answer.Headers.Location!.ToString()));
            if (state == "Running")
                await UntilRunsAsync("stopped", "waits");
            else
                Assert.Equal(("stopped", state), ((await service.Http.EventsAsync("/api/v1/studies/stopped/events"))[^1] is var last ? (last.Event, TextOf(last.Data, "state")) : default));
        }
        service.LetGo("go-stopped");
        Assert.Equal("done", (await service.Http.EventsAsync("/api/v1/studies/stopped/events"))[^1].Event);
        Assert.Equal(["Done", "None", "Paused"], (await GetAsync("/api/v1/studies/stopped/builds")).EnumerateArray().Select(build => TextOf(build, "state")));
        using var none = await service.Http.PostAsync("/api/v1/studies/none/pause", null, Token);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    /// <summary>What there is to see of targets that make images, models and comparisons.</summary>
    [Fact]
    public async Task Targets_HaveNumbersLossesPreviewsAndReports()
    {
        SmallSurvey.Write(service.Folder);
        var status = await service.BuildAsync("seen", """
            name: seen
            targets:
              set: {kind: dataset, mosaics: mosaics, catalogue: catalogue.csv, size: 16}
              model: {kind: train, dataset: "${targets.set}", preset: demo, iterations: 4, batch: 2, sampleGrids: 0, validateEvery: 2}
              images: {kind: sample, model: "${targets.model}", count: 3, steps: 2}
              quality: {kind: evaluate, real: "${targets.set}", model: "${targets.model}", count: 3, steps: 2, nearest: 0}
            """);
        Assert.Equal(WorkState.Done, status.State);
        var set = await DetailAsync("seen", "set");
        Assert.Equal(16, NumberOf(set, "pixels a side"));
        Assert.StartsWith("/api/v1/datasets/set-", TextOf(set.GetProperty("outputs").EnumerateArray().Single(output => TextOf(output, "name") == "dataset"), "link"), StringComparison.Ordinal);
        var images = await DetailAsync("seen", "images");
        Assert.Equal(3, NumberOf(images, "images"));
        foreach (var one in new[] { set, images })
        {
            using var picture = SKBitmap.Decode(await service.Http.GetByteArrayAsync(TextOf(one, "preview"), Token));
            Assert.True(picture.Width > 300 && picture.Pixels.Distinct().Count() > 100);
        }
        var model = await DetailAsync("seen", "model");
        var losses = model.GetProperty("losses").GetProperty("training").EnumerateArray().ToList();
        Assert.Equal(4, losses[^1].GetProperty("iteration").GetInt32());
        Assert.Equal(NumberOf(model, "training loss, last"), losses[^1].GetProperty("loss").GetDouble());
        var quality = await DetailAsync("seen", "quality");
        Assert.InRange(NumberOf(quality, "KS distance, pixel"), 0, 1);
        string report = TextOf(quality.GetProperty("files").EnumerateArray().Single(file => TextOf(file, "name") == "report.html"), "location")!;
        Assert.Contains("<h1>", await service.Http.GetStringAsync(report, Token), StringComparison.Ordinal);
    }

    private async Task UntilRunsAsync(string study, string target)
    {
        await foreach (var status in service.Grains.Workflow(study).WatchAsync(-1, Token))
        {
            if (status.Changes.Any(one => one.Name == target && one is { State: TargetState.Running, Progress: not null }))
                return;
        }
        Assert.Fail($"Target '{target}' did not run.");
    }

    private static string? TextOf(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static double NumberOf(JsonElement detail, string name) => detail.GetProperty("numbers").EnumerateArray().Single(number => TextOf(number, "name") == name).GetProperty("value").GetDouble();

    private Task<JsonElement> DetailAsync(string study, string target) => GetAsync($"/api/v1/studies/{study}/targets/{target}");

    private Task<JsonElement> GetAsync(string path) => service.Http.GetFromJsonAsync<JsonElement>(path, Token);
}
