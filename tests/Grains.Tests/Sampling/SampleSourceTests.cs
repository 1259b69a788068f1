using System.Runtime.InteropServices;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Tests.Sampling;

public sealed class SampleSourceTests : IDisposable
{
    private const int Side = 80;
    private const double PixelScale = 1.5, Beam = 6, PeakMilliJansky = 4;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Fits_OfAPointSource_HasItsFluxAndPlace(int channels)
    {
        var source = SampleSource.Find(WriteSample(channels, withSource: true))!;
        string path = _folder.File("source.fits");
        File.WriteAllBytes(path, source.Fits());
        using var file = FitsFile.Open(path);
        var image = file.FirstImage();
        Assert.Equal([(long)Side, Side], image.AxisLengths);
        Assert.Equal("JY/BEAM", image.Header.GetString("BUNIT"));
        Assert.False(image.Header.Contains("CHAN1"));
        Assert.StartsWith("s1_", image.Header.GetString("SAMPLEID"), StringComparison.Ordinal);
        Assert.Equal(PeakMilliJansky / 1000, image.Header.GetDouble("SRCFLUX")!.Value, 0.02 * PeakMilliJansky / 1000);       // of a point source: its peak
        Assert.Equal(31.25 + 1, image.Header.GetDouble("SRCX")!.Value, 0.05);
        Assert.Equal(44.5 + 1, image.Header.GetDouble("SRCY")!.Value, 0.05);
        Assert.False(image.Header.GetBoolean("SRCEDGE"));
        Assert.Equal("WEIGHT", file.Hdus[1].Header.GetString("EXTNAME"));
    }

    [Fact]
    public void Find_InNoise_FindsNothing() => Assert.Null(SampleSource.Find(WriteSample(1, withSource: false)));

    private string WriteSample(int channels, bool withSource)
    {
        var stream = new RandomStream(1, "sample", 0);
        float[] pixels = new float[channels * Side * Side];
        for (int at = 0; at < pixels.Length; at++)
        {
            double x = at % Side - 31.25, y = at / Side - 44.5;
            double source = at < Side * Side && withSource ? Math.Exp(-4 * Math.Log(2) * (x * x + y * y) / Math.Pow(Beam / PixelScale, 2)) : 0;
            pixels[at] = (float)(0.05 + source + 0.003 * stream.NextNormal());
        }
        var model = new SnapshotDescription
        {
            Network = new NetworkOptions { ImageSize = Side, ImageChannels = channels, ContextDimension = 1 },
            PixelScaleArcsec = PixelScale,
            BeamArcsec = Beam,
        };
        SampleFiles.Write(_folder.Path, SampleId.Parse($"s1_0123456789abcdef_seed=1_flux={PeakMilliJansky}mJy_w=0.1_heun=25_f32"), model, MemoryMarshal.AsBytes(pixels.AsSpan()).ToArray());
        return _folder.File(StoredSamples.Fits);
    }
}
