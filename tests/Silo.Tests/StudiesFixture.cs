using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Silo.Tests;

/// <summary>A service that lets studies start programs, and studies out of texts.</summary>
public sealed class StudiesFixture : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication _app = null!;

    public HttpClient Http { get; private set; } = null!;

    public IGrainFactory Grains => _app.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Where studies lie, and files that their programs wait for.</summary>
    public string Folder => _folder.Path;

    public static void SkipOnWindows() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Its targets are programs of Unix.");

    public async ValueTask InitializeAsync()
    {
        _app = SiloHost.BuildService(new SiloSettings { Store = _folder.File("store"), Cluster = Guid.NewGuid().ToString("N"), AllowPrograms = true }, logging => logging.ClearProviders());
        await _app.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Starts a build of a study.</summary>
    /// <param name="name">Its name, and that of its file.</param>
    /// <param name="text">The file; relative paths begin in <see cref="Folder"/>.</param>
    /// <param name="properties">Other ones than in the file.</param>
    /// <param name="targets">Only these.</param>
    public async Task<IWorkflowGrain> StartAsync(string name, string text, (string Name, string Value)[]? properties = null, params string[] targets)
    {
        string file = _folder.File($"{name}.yaml");
        await File.WriteAllTextAsync(file, text);
        var study = StudyFile.Read(file, (properties ?? []).ToDictionary(property => property.Name, property => property.Value));
        string artifact = await StudyArtifact.PutAsync(_app.Services.GetRequiredService<IArtifactStore>(), study, CancellationToken.None);
        var workflow = Grains.Workflow(study.Name);
        await workflow.StartAsync(new WorkflowRequest { Study = artifact, Targets = targets.Length == 0 ? null : new(targets) });
        return workflow;
    }

    /// <summary>Builds a study to its end.</summary>
    public async Task<WorkflowStatus> BuildAsync(string name, string text, (string Name, string Value)[]? properties = null, params string[] targets) =>
        await (await StartAsync(name, text, properties, targets)).FollowAsync(_ => { }, TestContext.Current.CancellationToken);

    /// <summary>Lets a program go on that waits for a file: `until [ -e NAME ]; do sleep 0.05; done`.</summary>
    public void LetGo(string name) => File.WriteAllText(_folder.File(name), "");
}
