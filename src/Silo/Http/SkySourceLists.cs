using System.Globalization;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Silo.Http;

/// <summary>The sources of a synthetic sky within a circle, for whichever interface asks.</summary>
internal sealed class SkySourceLists(IGrainFactory grains, KnownSkies skies, IDeviceSlots devices)
{
    public const double LargestRadius = 10;
    public const int MostSources = 5000;

    private const int MostLookedAt = 200_000;
    private const double SquareDegrees = 41252.96;           // of the sky
    private const double Margin = 1.5;                       // sources are clustered, and not the same number everywhere

    /// <summary>The brightest first, up to <see cref="MostSources"/>.</summary>
    /// <param name="name">Of the sky.</param>
    /// <param name="ra">Degrees.</param>
    /// <param name="dec">Degrees.</param>
    /// <param name="radius">Degrees.</param>
    /// <param name="minFlux">mJy: no fainter ones.</param>
    /// <param name="brightest">So many are enough: fainter ones than about so many need are not looked at, and the circle may be the whole sky. Null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UserErrorException">No such sky; no circle, or one with too many sources.</exception>
    public async Task<SkySourceList> WithinAsync(string name, double ra, double dec, double radius, double minFlux, int? brightest, CancellationToken cancellationToken)
    {
        double largest = brightest == null ? LargestRadius : 180;
        if (!(ra is >= 0 and < 360 && dec is >= -90 and <= 90 && radius > 0 && radius <= largest && minFlux >= 0))
        {
            throw new UserErrorException(ErrorKind.Invalid, name, string.Create(CultureInfo.InvariantCulture,
                $"A circle should have ra from 0 to 360, dec from -90 to 90 and radius from 0 to {largest} degrees, and minFlux 0 mJy or more, but they are {ra}, {dec}, {radius} and {minFlux}."));
        }
        if (brightest is < 1 or > MostSources)
            throw new UserErrorException(ErrorKind.Invalid, name, $"The parameter brightest should be from 1 to {MostSources}, but it is {brightest}.");
        var entry = await grains.Sky(name).GetAsync(cancellationToken);
        var sky = await skies.GetAsync(entry.Digest, cancellationToken);
        double squareDegrees = SquareDegrees * (1 - Math.Cos(double.DegreesToRadians(radius))) / 2, faintest = Math.Max(minFlux, sky.Recipe.Population.FaintestMilliJansky);
        if (brightest is { } enough)
            faintest = Math.Max(faintest, sky.Renderer.Catalogue.FluxOfDensity(Margin * enough / squareDegrees));
        double expected = squareDegrees * sky.Renderer.Catalogue.DensityAbove(faintest);
        if (expected > MostLookedAt)
        {
            throw new UserErrorException(ErrorKind.Invalid, name, string.Create(CultureInfo.InvariantCulture,
                $"The circle has about {expected:0} sources above {faintest:0.###} mJy, which is more than the {MostLookedAt} that are looked at: make it smaller, or ask for brighter ones with minFlux."));
        }
        var area = SkyArea.Parse(SkyRecipe.Parse(entry.Recipe).Area);
        return await devices.Cpu.RunAsync(
            () => SkySources.Brightest(sky.Recipe, sky.Renderer.Catalogue.Within(new SkyCoordinate(ra, dec), radius, faintest).Where(source => area.Contains(source.Position)), faintest, brightest ?? MostSources),
            cancellationToken);
    }
}
