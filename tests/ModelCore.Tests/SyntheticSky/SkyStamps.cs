using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

/// <summary>Images of sources for tests.</summary>
internal static class SkyStamps
{
    /// <summary>A bright knot with a fainter one to its right (to the west of it), on 80 x 80 pixels of 1.5 arc seconds.</summary>
    public static SkyStamp KnotWithLobe()
    {
        const int Side = 80;
        float[] image = new float[Side * Side];
        for (int i = 0; i < image.Length; i++)
            image[i] = (float)(Blob(i % Side - 30, i / Side - 40) + 0.5 * Blob(i % Side - 50, i / Side - 40) + 1e-4 * ((i * 7919) % 13));
        return new SkyStamp(SourceStamp.Of(image, Side)!, 1.5, 6);

        static double Blob(double x, double y) => Math.Exp(-(x * x + y * y) / (2 * 1.7 * 1.7));
    }
}
