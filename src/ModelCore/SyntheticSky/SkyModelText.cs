using System.Globalization;
using System.Text;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>Sources of a sky as models for simulators of visibilities, in text. Resolved sources are Gaussians of their catalogue size there; their images are not in it.</summary>
public static class SkyModelText
{
    private const long TicksPerSecond = 10_000_000;          // 1e-7 s of right ascension are 1.5 microarcseconds
    private const double PointBelowArcsec = 0.01;

    /// <summary>A BBS sky model, for makesourcedb, DP3 and LOSITO.</summary>
    /// <remarks>
    /// The format of makesourcedb (LOFAR cookbook; the LSM tool's and DP3's documentation): the first line names the columns, with defaults in quotes; right ascension as hh:mm:ss.s and declination as dd.mm.ss.s
    /// (J2000), flux in Jy at the reference frequency in Hz, SpectralIndex the terms of a polynomial in log10 of the frequency, axes FWHM in arc seconds, orientation in degrees from north through east.
    /// </remarks>
    /// <param name="path">The file; an older one is replaced when all is written.</param>
    /// <param name="sources">For example of <see cref="SkyTruth.Sources"/>.</param>
    /// <param name="frequencyMegahertz">Of their fluxes.</param>
    /// <param name="cancellationToken">Ends it; nothing stays.</param>
    /// <returns>Sources.</returns>
    public static long WriteBbs(string path, IEnumerable<SkySource> sources, double frequencyMegahertz, CancellationToken cancellationToken = default) => Write(path, sources, BbsLine, cancellationToken,
        $"format = Name, Type, Ra, Dec, I, ReferenceFrequency='{Text(frequencyMegahertz)}e6', SpectralIndex='[]', MajorAxis, MinorAxis, Orientation",
        "# A synthetic sky. Resolved sources are Gaussians of their catalogue size.");

    /// <summary>A sky model of OSKAR.</summary>
    /// <remarks>
    /// OSKAR 2 Sky Model, section 2: columns of numbers, separated by blanks: right ascension and declination in degrees, I, Q, U, V in Jy, reference frequency in Hz, spectral index, rotation measure in rad/m^2, FWHM
    /// along the two axes in arc seconds, position angle in degrees from north through east. Sources are unpolarised.
    /// </remarks>
    /// <inheritdoc cref="WriteBbs"/>
    public static long WriteOskar(string path, IEnumerable<SkySource> sources, double frequencyMegahertz, CancellationToken cancellationToken = default) => Write(path, sources, source => OskarLine(source, frequencyMegahertz), cancellationToken,
        "# A synthetic sky. Resolved sources are Gaussians of their catalogue size.",
        "# RA (deg), Dec (deg), I, Q, U, V (Jy), reference frequency (Hz), spectral index, rotation measure (rad/m^2), FWHM major, minor (arcsec), position angle (deg)");

    private static long Write(string path, IEnumerable<SkySource> sources, Func<SkySource, string> lineOf, CancellationToken cancellationToken, params string[] first)
    {
        long count = 0;
        DurableFiles.Replace(path, stream =>
        {
            using var text = new StreamWriter(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
            foreach (string line in first)
                text.WriteLine(line);
            foreach (var source in sources)
            {
                cancellationToken.ThrowIfCancellationRequested();
                text.WriteLine(lineOf(source));
                count++;
            }
        });
        return count;
    }

    private static string BbsLine(SkySource source)
    {
        bool isPoint = source.Size < PointBelowArcsec;
        string shape = isPoint ? ", , ," : $", {Text(source.Size)}, {Text(source.Size)}, 0";
        return $"{SkySourceId.Unpack(source.Id)}, {(isPoint ? "POINT" : "GAUSSIAN")}, {RightAscension(source.Position.RightAscension)}, {Declination(source.Position.Declination)}, "
            + $"{Text(source.Flux / 1000)}, , [{Text(source.SpectralIndex)}]{shape}";
    }

    private static string OskarLine(SkySource source, double frequencyMegahertz)
    {
        double size = source.Size < PointBelowArcsec ? 0 : source.Size;
        return $"{Text(source.Position.RightAscension)} {Text(source.Position.Declination)} {Text(source.Flux / 1000)} 0 0 0 {Text(frequencyMegahertz * 1e6)} {Text(source.SpectralIndex)} 0 {Text(size)} {Text(size)} 0";
    }

    /// <summary>Rounded as a whole, so that no seconds are 60.</summary>
    private static string RightAscension(double degrees)
    {
        const long Day = 24 * 3600 * TicksPerSecond;
        long ticks = (long)Math.Round(degrees / 15 * 3600 * TicksPerSecond) % Day;
        return Parts(ticks, ':', ':');
    }

    private static string Declination(double degrees) => (degrees < 0 ? "-" : "+") + Parts((long)Math.Round(Math.Abs(degrees) * 3600 * TicksPerSecond), '.', '.');

    private static string Parts(long ticks, char first, char second)
    {
        long seconds = ticks / TicksPerSecond;
        return string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:00}{first}{seconds / 60 % 60:00}{second}{seconds % 60:00}.{ticks % TicksPerSecond:0000000}");
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
