using System.Text.Json;

namespace RadioDiffusion.TestSupport;

/// <summary>Where the tests' files lie.</summary>
public static class TestFiles
{
    /// <summary>The root of the clone: the folder with RadioDiffusion.sln.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>
    /// The folder of a golden case. With <c>RADIODIFFUSION_GOLDEN</c> set, that folder is read instead of tests/Golden, and
    /// a case that it lacks skips the test by name.
    /// </summary>
    public static string Golden(string caseName)
    {
        string folder = Path.Combine(GoldenRoot, caseName);
        Assert.SkipUnless(Directory.Exists(folder) || OtherGolden is null, $"The golden case '{caseName}' is not in the folder that RADIODIFFUSION_GOLDEN names.");
        return folder;
    }

    /// <summary>The folder of a golden case that is too large for a clone: beside the repository, or where <c>RADIODIFFUSION_GOLDEN</c> says; without it the test is skipped.</summary>
    public static string LargeGolden(string caseName)
    {
        string folder = Path.Combine(LargeGoldenRoot, caseName);
        Assert.SkipUnless(Directory.Exists(folder), $"Needs the golden case '{caseName}', which is not part of this repository: RADIODIFFUSION_GOLDEN names a folder with it.");
        return Path.GetFullPath(folder);
    }

    /// <summary>Whether a golden case is part of the clone.</summary>
    public static bool IsCommitted(string caseName) => Directory.Exists(Path.Combine(RepositoryRoot, "tests", "Golden", caseName));

    /// <summary>The golden cases in folders of cases, as FOLDER/CASE: those of the clone, and the others where <see cref="LargeGolden"/> has them.</summary>
    public static IReadOnlyList<string> CasesIn(params string[] folders) =>
    [
        .. new[] { GoldenRoot, LargeGoldenRoot }
            .SelectMany(root => folders.Where(folder => Directory.Exists(Path.Combine(root, folder))).SelectMany(folder => Directory.GetDirectories(Path.Combine(root, folder)).Select(path => $"{folder}/{Path.GetFileName(path)}")))
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>For a theory: the named cases, and every other folder whose case.json has the same property, so that an added case is run too.</summary>
    /// <param name="property">A property of case.json that tells this kind of case.</param>
    /// <param name="known">The cases that a clone has; where one is missing, its test is skipped by name.</param>
    public static TheoryData<string> GoldenCases(string property, params string[] known)
    {
        IEnumerable<string> found = Directory.Exists(GoldenRoot)
            ? Directory.GetDirectories(GoldenRoot).Where(folder => HasProperty(Path.Combine(folder, "case.json"), property)).Select(folder => Path.GetFileName(folder))
            : [];
        return [.. known.Union(found).Order(StringComparer.Ordinal)];
    }

    private static string? OtherGolden => Environment.GetEnvironmentVariable("RADIODIFFUSION_GOLDEN") is { Length: > 0 } folder ? folder : null;

    private static string LargeGoldenRoot => OtherGolden ?? Path.Combine(RepositoryRoot, "..", "shared", "golden");

    private static string GoldenRoot => OtherGolden ?? Path.Combine(RepositoryRoot, "tests", "Golden");

    private static bool HasProperty(string path, string property)
    {
        if (!File.Exists(path))
            return false;
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.TryGetProperty(property, out _);
    }

    /// <summary>A file of real survey data, which a clone does not have (licences): without it the test is skipped.</summary>
    public static string RealData(string relativePath)
    {
        string path = Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared", "data", relativePath));
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path),
            $"Needs the real survey data '{relativePath}', which is not part of this repository.");
        return path;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "RadioDiffusion.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException("RadioDiffusion.sln was not found above the tests.");
    }
}

/// <summary>A folder of its own for one test, deleted afterwards.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Directory.CreateDirectory(Path);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "radiodiffusion-test-" + Guid.NewGuid().ToString("N"));

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
