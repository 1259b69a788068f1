namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>A Gaussian piece of a source.</summary>
/// <param name="East">Offset from the source's position, arc seconds.</param>
/// <param name="North">Offset, arc seconds.</param>
/// <param name="Flux">Integrated flux relative to the other pieces.</param>
/// <param name="Width">FWHM before the beam, arc seconds.</param>
public readonly record struct GaussianPiece(double East, double North, double Flux, double Width);

/// <summary>What a simulated source looks like.</summary>
public enum Morphology
{
    Compact,

    /// <summary>Two hot spots with lobes behind them (FR II).</summary>
    Double,

    /// <summary>Jets that fade outwards (FR I).</summary>
    Jets,

    /// <summary>Jets or lobes bent to one side.</summary>
    Bent,
    Diffuse,
}

/// <summary>Draws sources: shapes out of Gaussian pieces, sizes from 20 to 90 arc seconds.</summary>
internal static class SimulatedSource
{
    private const int ChainLength = 9;

    public static Morphology DrawMorphology(RandomStream random)
    {
        double draw = random.NextDouble();
        return draw < 0.30 ? Morphology.Compact
            : draw < 0.62 ? Morphology.Double
            : draw < 0.76 ? Morphology.Jets
            : draw < 0.90 ? Morphology.Bent
            : Morphology.Diffuse;
    }

    public static List<GaussianPiece> DrawShape(Morphology morphology, RandomStream random)
    {
        double angle = random.NextDouble(0, 2 * Math.PI);
        double size = random.NextDouble(22, 78);
        return morphology switch
        {
            Morphology.Compact => [new GaussianPiece(0, 0, 1, random.NextDouble(0, 3))],
            Morphology.Double => Double(angle, size, random),
            Morphology.Jets => Jets(angle, size, bend: 0, random),
            Morphology.Bent => Jets(angle, size, bend: random.NextDouble(0.5, 1.3), random),
            _ => Diffuse(random),
        };
    }

    private static List<GaussianPiece> Double(double angle, double size, RandomStream random)
    {
        var pieces = new List<GaussianPiece>();
        double ratio = Math.Exp(0.35 * random.NextNormal());
        foreach (int side in new[] { -1, 1 })
        {
            double brightness = side < 0 ? 1 : ratio;
            double length = size / 2 * random.NextDouble(0.85, 1.15);
            double lean = 0.12 * random.NextNormal();
            pieces.Add(Along(angle + lean, side * length, brightness * random.NextDouble(0.35, 0.7), random.NextDouble(1.5, 4)));
            for (int i = 1; i < ChainLength; i++)              // the lobe: fainter and wider back towards the core
            {
                double back = (double)i / ChainLength;
                pieces.Add(Along(angle + lean * (1 - back), side * length * (1 - 0.8 * back), brightness * 0.12 * (1 - 0.75 * back), 4 + 7 * back));
            }
        }
        if (random.NextDouble() < 0.5)
            pieces.Add(new GaussianPiece(0, 0, random.NextDouble(0.1, 0.5), 1));
        return pieces;
    }

    /// <param name="angle">Direction of the jets, radians.</param>
    /// <param name="size">Arc seconds from end to end.</param>
    /// <param name="bend">Radians by which each jet turns to the same side on its way.</param>
    /// <param name="random">Draws the rest.</param>
    private static List<GaussianPiece> Jets(double angle, double size, double bend, RandomStream random)
    {
        var pieces = new List<GaussianPiece> { new(0, 0, random.NextDouble(0.3, 0.8), 1) };
        double fading = random.NextDouble(1.2, 3.2);
        foreach (int side in new[] { -1, 1 })
        {
            double brightness = side < 0 ? 1 : Math.Exp(0.3 * random.NextNormal());
            double east = 0, north = 0, direction = angle + (side < 0 ? Math.PI : 0), step = size / 2 / ChainLength;
            for (int i = 1; i <= ChainLength; i++)
            {
                double share = (double)i / ChainLength;
                direction += side * bend / ChainLength * 1.6 + 0.05 * random.NextNormal();
                east += step * Math.Sin(direction);
                north += step * Math.Cos(direction);
                pieces.Add(new GaussianPiece(east, north, brightness * 0.35 * Math.Exp(-fading * share), 2 + 9 * share));
            }
        }
        return pieces;
    }

    private static List<GaussianPiece> Diffuse(RandomStream random)
    {
        var pieces = new List<GaussianPiece>();
        int count = 4 + random.NextInt32(5);
        for (int i = 0; i < count; i++)
            pieces.Add(new GaussianPiece(9 * random.NextNormal(), 9 * random.NextNormal(), random.NextDouble(0.3, 1), random.NextDouble(9, 22)));
        return pieces;
    }

    private static GaussianPiece Along(double angle, double distance, double flux, double width) =>
        new(distance * Math.Sin(angle), distance * Math.Cos(angle), flux, width);
}
