using System.Runtime.InteropServices;
using TorchSharp;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>What a training ran on: told beside its checkpoints, part of no ID.</summary>
public sealed record TrainingMachine
{
    public const string FileName = "machine.json";

    public required string Name { get; init; }

    /// <summary>Logical cores that the process may use.</summary>
    public required int Cores { get; init; }

    public required string OperatingSystem { get; init; }

    public required string Architecture { get; init; }

    /// <summary>Version of .NET.</summary>
    public required string Framework { get; init; }

    /// <summary>Version of the tensor library.</summary>
    public required string Libtorch { get; init; }

    /// <summary>cpu, cuda, cuda:1 and so on.</summary>
    public required string Device { get; init; }

    public static TrainingMachine OfThisProcess(string device) => new()
    {
        Name = Environment.MachineName,
        Cores = Environment.ProcessorCount,
        OperatingSystem = RuntimeInformation.OSDescription,
        Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
        Framework = RuntimeInformation.FrameworkDescription,
        Libtorch = torch.__version__,
        Device = device,
    };

    public void Write(string directory) => JsonFile.Write(Path.Combine(directory, FileName), this);

    /// <summary>Null for checkpoints from before this was kept.</summary>
    /// <exception cref="RadioDiffusionException">The file is damaged.</exception>
    public static TrainingMachine? Read(string directory) =>
        Path.Combine(directory, FileName) is var path && File.Exists(path) ? JsonFile.Read<TrainingMachine>(path) : null;
}
