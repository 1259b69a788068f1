using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>A sample as an artifact: image.fits in Jy/beam with its recipe in the header, and image.png.</summary>
internal static class SampleFiles
{
    public static Recipe RecipeOf(SampleId id) => new()
    {
        Kind = "sample",
        AlgorithmVersion = 2,
        Inputs = new() { ["snapshot"] = id.Model },
        Parameters = new JsonObject { ["id"] = id.ToString() },
    };

    /// <summary>Writes both files.</summary>
    /// <param name="directory">An empty folder.</param>
    /// <param name="id">The sample's recipe.</param>
    /// <param name="model">What the sample was made with.</param>
    /// <param name="bytes">float32, (channels, side, side), in [0, 1].</param>
    /// <remarks>
    /// The peak flux asked for is that of the first channel, and its pixels are in Jy/beam. Training scales each channel by itself, so that further ones
    /// keep no flux: they are written as they are, 0 to 1.
    /// </remarks>
    public static void Write(string directory, SampleId id, SnapshotDescription model, byte[] bytes)
    {
        var unit = MemoryMarshal.Cast<byte, float>(bytes);
        int side = model.Network.ImageSize;
        float peak = id.FluxMilliJansky is { } flux ? (float)(flux / 1000) : 1;
        float[] pixels = new float[unit.Length];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = i < side * side ? unit[i] * peak : unit[i];
        using (var stream = File.Create(Path.Combine(directory, StoredSamples.Fits)))
        using (var writer = FitsFileWriter.To(stream))
        {
            int channels = model.Network.ImageChannels;
            writer.AddImage(pixels, FitsPixelFormat.Float32, channels == 1 ? [side, side] : [side, side, channels], Header(id, model, side));
            writer.Complete();
        }
        File.WriteAllBytes(Path.Combine(directory, StoredSamples.Png), Picture.Png(pixels.AsSpan(0, side * side), side, side));
    }

    private static FitsHeader Header(SampleId id, SnapshotDescription model, int side)
    {
        var header = new FitsHeader();
        header.Set("OBJECT", "SIMULATED", "generated radio source");
        string unit = id.FluxMilliJansky is null ? "" : "JY/BEAM";
        var channels = ChannelsOf(model);
        if (channels != null)
            header.Set("BUNIT", "", "each plane has its own: CHUNITn");
        else
            header.Set("BUNIT", unit, id.FluxMilliJansky is null ? "scaled to a peak of about 1: no unit" : "unit of the pixels");
        if (model.PixelScaleArcsec > 0)
            WorldCoordinateSystem.Sin(new SkyCoordinate(0, 0), model.PixelScaleArcsec, (side - 1) / 2.0, (side - 1) / 2.0).AddTo(header);
        if (channels != null)
            ChannelCards.AddTo(header, channels, channel => channel == 0 ? unit : "");
        if (model.BeamArcsec > 0)
        {
            header.Set("BMAJ", model.BeamArcsec / 3600, "restoring beam [deg]");
            header.Set("BMIN", model.BeamArcsec / 3600, "restoring beam [deg]");
            header.Set("BPA", 0.0, "[deg]");
        }
        header.Set("SAMPLEID", id.ToString(), "the whole recipe of this image");
        header.Set("MODEL", id.Model, "digest of the snapshot");
        header.Set("SEED", id.Seed.ToString(), "seed of the latent image");
        if (id.Class is { } name)
            header.Set("CLASS", name, "morphological class asked for");
        if (id.FluxMilliJansky is { } flux)
            header.Set("PEAKFLUX", flux, model.Network.ImageChannels == 1 ? "peak flux asked for [mJy/beam]" : "that of the first channel [mJy/beam]");
        if (id.ScaledFlux is { } scaled)
            header.Set("SCALFLUX", scaled, "peak flux asked for, transformed and standardised");
        int number = 0;
        foreach (var condition in model.Values.Where(condition => id.Values[condition.Name] is not null))
        {
            header.Set($"COND{++number}", condition.Name, "condition asked for");
            header.Set($"CONDV{number}", id.Values[condition.Name]!.Value, condition.Unit.Length > 0 ? $"its value [{condition.Unit}]" : "its value");
        }
        header.Set("GUIDANCE", id.Guidance, "guidance strength omega");
        header.Set("SOLVER", id.Solver.Name, "");
        header.Set("STEPS", (long)id.Solver.Steps, "steps of the solver");
        header.AddComment("Synthetic image made by a diffusion model (EDM); not an observation.");
        header.AddComment("The position on the sky is arbitrary.");
        if (channels != null)
            header.AddComment("Planes from the second on are scaled to 0 to 1: their flux is not known.");
        return header;
    }

    /// <summary>Null for one channel; a model that came without names gets some.</summary>
    private static IReadOnlyList<ChannelDescription>? ChannelsOf(SnapshotDescription model) => model.Network.ImageChannels == 1
        ? null
        : model.Channels ?? [.. Enumerable.Range(1, model.Network.ImageChannels).Select(number => new ChannelDescription($"channel {number}", null, null))];
}
