using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Client.Demo;

/// <summary>What the demo makes, and where.</summary>
internal sealed record DemoPlan
{
    public const int DefaultSamples = 12;
    public static readonly long DefaultIterations = TrainingOptions.Preset(Name).Iterations;
    public const string Name = "demo";

    /// <summary>The model whose galaxies are shown before anything is trained.</summary>
    public const string ShippedModel = "first-s";

    public required string Folder { get; init; }

    public required string Store { get; init; }

    /// <summary>The user's own mosaics; a simulated survey where null.</summary>
    public string? Mosaics { get; init; }

    public string? Catalogue { get; init; }

    public required double MinimumSnr { get; init; }

    public required long Iterations { get; init; }

    public required int Samples { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>A run of its own for each training set and each setting: other ones train anew, the same ones go on.</summary>
    public string RunNameFor(DatasetStatus dataset)
    {
        string settings = string.Create(CultureInfo.InvariantCulture, $"{dataset.Digest} iterations={Iterations} every={CheckpointEvery} seed={Seed}");
        return $"{Name}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(settings)))[..8]}";
    }

    public string SurveyFolder => Path.Combine(Folder, "survey");

    public string ShippedFolder => Path.Combine(Folder, ShippedModel);

    public string SamplesFolder => Path.Combine(Folder, "samples");

    public string Report => Path.Combine(Folder, "report.html");

    /// <summary>Often enough that little is lost when the training is killed half-way.</summary>
    public int CheckpointEvery => (int)Math.Max(1, Iterations / 8);
}
