using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>Adds sources to an image, in Jy/beam at the centres of its pixels.</summary>
/// <param name="survey">With its beam.</param>
/// <param name="images">What is known of the images of resolved sources; null if there are none.</param>
internal sealed class SourcePainter(SkySurvey survey, SkyImages? images)
{
    public const double CutOff = 36;                        // squared standard deviations to which Gaussians are painted: 2e-8 of their flux is left out

    /// <summary>Arc seconds around a source beyond which it is not to be seen.</summary>
    public double ReachOf(in SkySource source, SkyStamp? stamp) =>
        stamp != null ? stamp.Reach * ScaleOf(source) : Math.Sqrt(CutOff) * WidthOf(survey.BeamMajorArcsec, SizeOf(source)) / BeamForm.SigmasPerFwhm;

    /// <summary>The same, whatever its image will be.</summary>
    public double MostReachOf(in SkySource source) => images != null && source.IsResolved ? images.MostReach * ScaleOf(source) : ReachOf(source, null);

    /// <summary>The largest reach that a source of a recipe may have, arc seconds.</summary>
    public double MostReach(AngularSizes sizes) => images != null
        ? images.MostReach * images.LargestScale
        : ReachOf(new SkySource { Id = 0, Position = default, Flux = 1, Size = sizes.Largest, Angle = 0, SpectralIndex = 0, IsResolved = false }, null);

    /// <summary>How much an image is enlarged for a source that is larger than it.</summary>
    private double ScaleOf(in SkySource source) => images?.ScaleOf(source.Size) ?? 1;

    /// <summary>Arc seconds, as a Gaussian: a source that should have an image but has none reaches no farther than an image does.</summary>
    private double SizeOf(in SkySource source) =>
        images != null && source.IsResolved ? Math.Min(source.Size, Math.Max(0, images.MostReach * BeamForm.SigmasPerFwhm / Math.Sqrt(CutOff) - survey.BeamMajorArcsec)) : source.Size;

    /// <param name="source">The source.</param>
    /// <param name="stamp">Its image; null for a Gaussian.</param>
    /// <param name="pixels">Where the image's pixels are.</param>
    /// <param name="image">Jy/beam, row by row.</param>
    /// <param name="blocks">Gets the blocks of pixels that it was added to.</param>
    public void Add(in SkySource source, SkyStamp? stamp, SkyPixels pixels, Span<float> image, List<int> blocks)
    {
        pixels.BlocksWithin(source.Direction, ReachOf(source, stamp) / Degrees.ArcsecPerRadian, blocks);
        if (blocks.Count == 0)
            return;
        var profile = ProfileOf(source, stamp);
        foreach (int block in blocks)
        {
            var places = pixels.PlacesOf(block);
            var (left, bottom) = pixels.CornerOf(block);
            for (int row = 0; row < SkyPixels.BlockSide; row++)
            {
                var line = places.Slice(row * SkyPixels.BlockSide, SkyPixels.BlockSide);
                var values = image.Slice((bottom + row) * pixels.Width + left, SkyPixels.BlockSide);
                for (int i = 0; i < line.Length; i++)
                    values[i] += (float)profile.At(line[i]);
            }
        }
    }

    /// <summary>What a source looks like.</summary>
    /// <param name="source">The source.</param>
    /// <param name="stamp">Its image; null for a Gaussian.</param>
    public Profile ProfileOf(in SkySource source, SkyStamp? stamp = null)
    {
        var centre = source.Direction;
        if (stamp != null)
        {
            double pixel = stamp.PixelArcsec * ScaleOf(source);
            // The sum over the whole source, times a pixel's over the beam's area, is the flux.
            double factor = source.Flux / 1000 / (stamp.Sum * pixel * pixel / survey.BeamArea), reach = stamp.Reach / stamp.PixelArcsec;
            // Columns grow to the west and rows to the north before the image is turned from north through east.
            var (up, right) = new BeamForm(pixel, pixel, source.Angle).AxesAt(centre);
            return new Profile(centre, up, right, factor, reach * reach, stamp);
        }
        double beamMinor = survey.BeamMinorArcsec ?? survey.BeamMajorArcsec;
        double size = SizeOf(source), major = WidthOf(survey.BeamMajorArcsec, size), minor = WidthOf(beamMinor, size);
        double peak = source.Flux / 1000 * (survey.BeamMajorArcsec * beamMinor) / (major * minor);
        var (along, across) = new BeamForm(major / BeamForm.SigmasPerFwhm, minor / BeamForm.SigmasPerFwhm, survey.BeamAngleDegrees).AxesAt(centre);
        return new Profile(centre, along, across, peak, CutOff, null);
    }

    /// <summary>Where the brightest pixel of a source's image comes to lie: its core; of a Gaussian, the middle.</summary>
    public Direction CoreOf(in SkySource source, SkyStamp? stamp)
    {
        var centre = source.Direction;
        if (stamp == null)
            return centre;
        double pixel = stamp.PixelArcsec * ScaleOf(source) / Degrees.ArcsecPerRadian;
        var (up, right) = new BeamForm(Degrees.ArcsecPerRadian, Degrees.ArcsecPerRadian, source.Angle).AxesAt(centre);
        double x = -stamp.PeakOffset.X * pixel, y = stamp.PeakOffset.Y * pixel;
        double a = centre.X + x * right.X + y * up.X, b = centre.Y + x * right.Y + y * up.Y, c = centre.Z + x * right.Z + y * up.Z;
        double length = Math.Sqrt(a * a + b * b + c * c);
        return new Direction(a / length, b / length, c / length);
    }

    private static double WidthOf(double beam, double size) => Math.Sqrt(beam * beam + size * size);

    /// <summary>A Gaussian on the sky, or an image.</summary>
    /// <param name="Centre">Unit vector.</param>
    /// <param name="Along">Of which products with differences of directions are distances: in standard deviations of a Gaussian along its longest axis, in pixels of an image upwards.</param>
    /// <param name="Across">The other axis; to the left in an image.</param>
    /// <param name="Peak">Jy/beam; of an image, for one of its units.</param>
    /// <param name="CutOff">Squared distance beyond which there is nothing.</param>
    /// <param name="Stamp">The image.</param>
    internal readonly record struct Profile(Direction Centre, Direction Along, Direction Across, double Peak, double CutOff, SkyStamp? Stamp)
    {
        /// <summary>Squared distances from the centre in pixels of a face that has so many a side.</summary>
        /// <param name="face">0 to 11.</param>
        /// <param name="x">The centre's, 0 to 1.</param>
        /// <param name="y">The centre's.</param>
        /// <param name="side">Pixels.</param>
        public PixelMetric MetricAt(int face, double x, double y, int side)
        {
            double half = 2.0 / side;
            double left = Math.Max(0, x - half), right = Math.Min(1, x + half), bottom = Math.Max(0, y - half), top = Math.Min(1, y + half);
            var dx = Healpix.At(face, right, y).ToDirection() - Healpix.At(face, left, y).ToDirection();
            var dy = Healpix.At(face, x, top).ToDirection() - Healpix.At(face, x, bottom).ToDirection();
            double perX = 1 / ((right - left) * side), perY = 1 / ((top - bottom) * side);
            return new PixelMetric(dx.Dot(Along) * perX, dx.Dot(Across) * perX, dy.Dot(Along) * perY, dy.Dot(Across) * perY);
        }

        public double At(in Direction place)
        {
            var step = place - Centre;
            return At(step.Dot(Along), step.Dot(Across));
        }

        /// <param name="along">Distance.</param>
        /// <param name="across">Distance.</param>
        public double At(double along, double across)
        {
            double q = along * along + across * across;
            return q > CutOff ? 0 : Peak * (Stamp == null ? PortableMath.Exp(-q / 2) : Stamp.At(-across, along));
        }
    }
}
