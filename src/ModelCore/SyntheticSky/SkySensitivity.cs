using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>How the noise of a survey changes over the sky: lowest where its pointings meet, since each counts with the square of the primary beam.</summary>
/// <remarks>sigma(x) = sigma sqrt(mean / sum_p B^2(x, p)). The pointings lie on the centres of a HEALPix grid of any number of cells, which is as even as those of surveys.</remarks>
internal sealed class SkySensitivity
{
    private const double Reach = 1.5;                        // in FWHM: beyond, a pointing counts less than 2e-6
    private readonly Direction[] _pointings;
    private readonly double _width;                          // FWHM, radians
    private readonly double _mean;

    public SkySensitivity(SkySurvey survey)
    {
        _width = double.DegreesToRadians(survey.PrimaryBeamDegrees);
        if (survey.PointingDistanceDegrees == 0)
        {
            _pointings = [];
            return;
        }
        int side = Math.Max(1, (int)Math.Round(HealpixCell.WidthDegrees(0) / survey.PointingDistanceDegrees));
        _pointings = new Direction[12 * side * side];
        for (int i = 0; i < _pointings.Length; i++)
            _pointings[i] = Healpix.At(i / (side * side), (i % side + 0.5) / side, (i / side % side + 0.5) / side).ToDirection();
        _mean = Math.PI * _width * _width / (8 * PortableMath.Ln2) * _pointings.Length / (4 * Math.PI);
    }

    /// <summary>Factors of the noise at places near each other.</summary>
    /// <param name="places">Unit vectors.</param>
    /// <param name="factors">Gets one for each.</param>
    public void Fill(ReadOnlySpan<Direction> places, Span<double> factors)
    {
        factors.Fill(1);
        if (_pointings.Length == 0)
            return;
        double radius = 0;
        foreach (ref readonly var place in places)
            radius = Math.Max(radius, places[0].SeparationTo(place));
        double nearest = Math.Cos(Math.Min(Math.PI, radius + Reach * _width));
        var centre = places[0];
        Direction[] near = [.. _pointings.Where(pointing => pointing.Dot(centre) >= nearest)];
        for (int i = 0; i < places.Length; i++)
        {
            double sum = 0;
            foreach (var pointing in near)
            {
                double angle = pointing.SeparationTo(places[i]) / _width;
                if (angle < Reach)
                    sum += PortableMath.Exp(-8 * PortableMath.Ln2 * angle * angle);
            }
            factors[i] = Math.Sqrt(_mean / sum);
        }
    }
}
