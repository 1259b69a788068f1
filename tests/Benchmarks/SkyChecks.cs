using System.Numerics;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SourceFinding;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Benchmarks;

/// <summary>What a synthetic sky is held against, over as many sources and as much sky as the tolerances need: minutes on two cores.</summary>
internal static class SkyChecks
{
    private const int Order = 8, TileSide = SkyRenderer.TileSide;
    private static readonly SkyRecipe _even = new() { Clustering = null, Survey = new SkySurvey { RmsMicroJansky = 83 } };

    private static readonly Dictionary<string, Action> _checks = new()
    {
        ["V6"] = CountsAndSizes,
        ["V5"] = Noise,
        ["V11"] = Detector,
        ["V10"] = Finder,
        ["V7b"] = PowerSpectrum,
        ["V7c"] = Clustering,
    };

    /// <param name="names">Which ones: V6 (with V15), V5 (with V12 and V18), V11, V10 (with V13 and V11 of our finder), V7b, V7c; all for none.</param>
    public static void Run(string[] names)
    {
        foreach (var (name, check) in _checks)
        {
            if (names.Length == 0 || names.Contains(name))
                check();
        }
    }

    private static void Say(string check, bool holds, FormattableString what) =>
        Console.WriteLine($"{check,-4} {(holds ? "holds" : "FAILS")}  {FormattableString.Invariant(what)}");

    /// <summary>V6 and V15: without clustering, 500 square degrees.</summary>
    private static void CountsAndSizes()
    {
        const double Radius = 12.7;
        var catalogue = new SkyCatalogue(_even);
        var sources = catalogue.Within(new SkyCoordinate(150, 30), Radius);
        double area = 360 / Math.PI * 180 * (1 - Math.Cos(double.DegreesToRadians(Radius))), worst = 0;
        for (double flux = 0.206; flux < 1000; flux *= Math.Pow(10, 0.2))
        {
            double next = flux * Math.Pow(10, 0.2), mean = area * (catalogue.DensityAbove(flux) - catalogue.DensityAbove(next));
            double found = sources.Count(source => source.Flux >= flux && source.Flux < next);
            worst = Math.Max(worst, Math.Abs(found - mean) / Math.Sqrt(mean));
        }
        double total = sources.Count / (area * catalogue.DensityAbove(0.206));
        Say("V6", worst < 3.5 && Math.Abs(total - 1) < 0.01, $"{sources.Count} sources in {area:0} deg2: {total:0.0000} of the counts (1 ± 0.01), worst of 19 bins of 0.2 dex {worst:0.0} Poisson sigma (19 bins: 3 in one of 20 runs)");

        var sizes = new AngularSizes();
        const double To1400 = 0.20349;                       // (1400/144)^-0.7
        double distance = 0;
        var shares = sources.Where(source => source.Size < sizes.Largest).Select(source => 1 - sizes.ShareAbove(source.Flux * To1400, source.Size)).Order().ToArray();
        for (int i = 0; i < shares.Length; i++)
            distance = Math.Max(distance, Math.Abs(shares[i] - (i + 0.5) / shares.Length));
        double large = sources.Count(source => source.Flux > 0.55 && source.Size > 12) / (double)sources.Count(source => source.Flux > 0.55);
        Say("V15", distance < 1.63 / Math.Sqrt(shares.Length) && Math.Abs(large - 0.073) < 0.005, $"largest distance from the law of sizes {distance:0.00000} (p > 0.01: below {1.63 / Math.Sqrt(shares.Length):0.00000}); {large:0.0000} of those above 0.55 mJy are larger than 12 arcsec (0.073 ± 0.005)");
    }

    /// <summary>V5, V12 and V18: 50 square degrees of noise.</summary>
    private static void Noise()
    {
        const int Tiles = 960;
        const double Rms = 83e-6;
        var renderer = new SkyRenderer(_even);
        double area = Tiles * HealpixCell.AreaSquareDegrees(Order), sum = 0, squares = 0, cubes = 0, above5 = 0, above45 = 0, worstTile = 0;
        for (int i = 0; i < Tiles; i++)
        {
            float[] pixels = renderer.Tile(Order, 818L * i + 11, [], _ => null, CancellationToken.None);
            double ofTile = 0;
            foreach (float pixel in pixels)
            {
                double value = pixel / Rms;
                (sum, ofTile, cubes) = (sum + value, ofTile + value * value, cubes + value * value * value);
            }
            squares += ofTile;
            worstTile = Math.Max(worstTile, Math.Abs(Math.Sqrt(ofTile / pixels.Length) - 1));
            above5 += Maxima(pixels, 5 * Rms);
            above45 += Maxima(pixels, 4.5 * Rms);
        }
        double count = (double)Tiles * TileSide * TileSide, rms = Math.Sqrt(squares / count), error = Math.Sqrt(4 * 7.86462 / count);
        Say("V5", Math.Abs(rms - 1) < 0.005 && worstTile < 0.025 && Math.Abs(cubes / count) < 0.02, $"rms over {Tiles} tiles {rms:0.0000} sigma (1 ± 0.005), the worst tile off by {worstTile:0.0000} (960 tiles of 0.0055: 0.025), skewness {cubes / count:0.0000} (0.02)");
        double inside = area * 510.0 * 510 / (TileSide * TileSide);
        Say("V12", above5 / inside is > 0.4 and < 1, $"maxima above 5 sigma in noise {above5 / inside:0.00} /deg2 over {inside:0} deg2 (0.68; 0.4 to 1), above 4.5 sigma {above45 / inside:0.00} /deg2 (7.9)");
        Say("V18", Math.Abs(sum / count) < 5 * error, $"mean {sum / count:0.00000} sigma (5 errors: {5 * error:0.00000})");
    }

    private static int Maxima(float[] pixels, double least)
    {
        int found = 0;
        for (int at = TileSide + 1; at < pixels.Length - TileSide - 1; at++)
        {
            float value = pixels[at];
            if (value > least && at % TileSide is > 0 and < TileSide - 1
                && value > pixels[at - 1] && value > pixels[at + 1] && value > pixels[at - TileSide] && value > pixels[at + TileSide]
                && value > pixels[at - TileSide - 1] && value > pixels[at - TileSide + 1] && value > pixels[at + TileSide - 1] && value > pixels[at + TileSide + 1])
                found++;
        }
        return found;
    }

    /// <summary>V11: point sources in noise, found where the brightest of 5 x 5 pixels is above 5 sigma.</summary>
    private static void Detector()
    {
        bool holds = true;
        var rates = new List<string>();
        foreach (var (peak, expected) in ((double, double)[])[(4, 0.15), (5, 0.47), (5.5, 0.67), (6, 0.81), (6.3, 0.88), (7, 0.97), (7.5, 0.991)])
        {
            double rate = RateOfDetection(peak, tiles: 9, seed: 1);
            holds &= Math.Abs(rate - expected) < 0.03;
            rates.Add(FormattableString.Invariant($"{peak}: {rate:0.000} ({expected})"));
        }
        Say("V11", holds, $"completeness of 5184 point sources each, by peak in sigma, expected in brackets (± 0.03): {string.Join(", ", rates)}");
    }

    internal static double RateOfDetection(double peak, int tiles, ulong seed)
    {
        const int Across = 24;
        var recipe = _even with { Seed = seed };
        var renderer = new SkyRenderer(recipe);
        double rms = recipe.Survey.RmsMicroJansky * 1e-6;
        int found = 0;
        for (int tile = 0; tile < tiles; tile++)
        {
            var cell = new HealpixCell(Order, 80_021L * tile + 5);
            var random = new SkyRandom(seed, "checks").Of(tile);
            var sources = new SkySource[Across * Across];
            var places = new (double X, double Y)[sources.Length];
            for (int i = 0; i < sources.Length; i++)
            {
                var (x, y) = places[i] = (20 + 20 * (i % Across) + random.Uniform(2 * i), 20 + 20 * (i / Across) + random.Uniform(2 * i + 1));
                sources[i] = PointAt(cell.DirectionAt(x / TileSide, y / TileSide), cell.PositionAt(x / TileSide, y / TileSide), i, 1000 * peak * rms);
            }
            float[] pixels = renderer.Tile(Order, cell.Pixel, sources, _ => null, CancellationToken.None);
            foreach (var (x, y) in places)
            {
                float brightest = 0;
                for (int j = -2; j <= 2; j++)
                {
                    for (int i = -2; i <= 2; i++)            // x = 511 - row, y = column
                        brightest = Math.Max(brightest, pixels[(TileSide - 1 - ((int)x + i)) * TileSide + (int)y + j]);
                }
                found += brightest > 5 * rms ? 1 : 0;
            }
        }
        return found / (double)(tiles * Across * Across);
    }

    private static SkySource PointAt(Direction direction, SkyCoordinate position, int number, double milliJansky) => new()
    {
        Id = number,
        Direction = direction,
        Position = position,
        Flux = milliJansky,
        Size = 0,
        Angle = 0,
        SpectralIndex = -0.7,
        IsResolved = false,
    };

    /// <summary>V10, V11 and V13 with our finder: point sources on a grid in TAN, pixels of 1.5 arcsec.</summary>
    private static void Finder()
    {
        const int Side = 1024, Step = 34, Across = Side / Step - 1, Images = 4;
        const double Arcsec = 1.5, Rms = 83e-6, Faintest = 4, Brightest = 9, Bright = 10, VeryBright = 60;
        var recipe = _even;
        var noise = new NoiseAtPlaces(recipe);
        var painter = new SourcePainter(recipe.Survey, null);
        var tried = new int[10];
        var found = new int[10];
        var ratios = new List<double>();
        var offsets = new List<double>();                    // along an axis, in FWHM/(2 S/N)
        for (int image = 0; image < Images; image++)
        {
            var random = new SkyRandom((ulong)image, "finder");
            var grid = SkyGrid.Around(new SkyCoordinate(40 + 20 * image, 50), Arcsec, Side, Side);
            var pixels = new SkyPixels(Side, Side, (x, y) => Place(grid, x, y));
            var places = new Direction[Side * Side];
            for (int i = 0; i < places.Length; i++)
                places[i] = Place(grid, i % Side, i / Side);
            float[] made = new float[places.Length];
            noise.Fill(places, made, CancellationToken.None);
            var truth = new (double X, double Y, double Peak)[Across * Across];
            var blocks = new List<int>();
            for (int i = 0; i < truth.Length; i++)
            {
                double x = Step * (1 + i % Across) + random.Uniform(3 * i), y = Step * (1 + i / Across) + random.Uniform(3 * i + 1), u = random.Uniform(3 * i + 2);
                double peak = i % 3 == 0 ? Bright * Math.Pow(VeryBright / Bright, u) : Faintest + (Brightest - Faintest) * u;
                truth[i] = (x, y, peak);
                painter.Add(PointAt(Place(grid, x, y), default, i, 1000 * peak * Rms), null, pixels, made, blocks);
            }
            var options = new SourceFinderOptions { Beam = new Beam(6 / Arcsec, 6 / Arcsec) };
            var sources = SourceFinder.FindInParallel(made, Side, Side, options, null, CancellationToken.None).Sources;
            foreach (var (x, y, peak) in truth)
            {
                const double Near = 4;                       // pixels: a beam
                var match = sources.Where(source => (source.X - x) * (source.X - x) + (source.Y - y) * (source.Y - y) < Near * Near).MinBy(source => (source.X - x) * (source.X - x) + (source.Y - y) * (source.Y - y));
                if (peak >= Bright && match != null)
                {
                    ratios.Add(match.TotalFlux / (peak * Rms));
                    offsets.AddRange([(match.X - x) * Arcsec * 2 * peak / 6, (match.Y - y) * Arcsec * 2 * peak / 6]);
                }
                if (peak >= Bright)
                    continue;
                int bin = (int)(2 * (peak - Faintest));
                tried[bin]++;
                found[bin] += match != null ? 1 : 0;
            }
        }
        double[] rates = [.. found.Zip(tried, (a, b) => a / (double)b)];
        double ninety = double.NaN;
        for (int i = 1; i < rates.Length && double.IsNaN(ninety); i++)
        {
            if (rates[i - 1] < 0.9 && rates[i] >= 0.9)
                ninety = Faintest + 0.25 + 0.5 * (i - 1 + (0.9 - rates[i - 1]) / (rates[i] - rates[i - 1]));
        }
        Console.WriteLine($"V11  our finder, {tried.Sum()} point sources from 4 to 9 sigma, by the middle of bins: {string.Join(", ", rates.Select((rate, i) => FormattableString.Invariant($"{Faintest + 0.25 + 0.5 * i}: {rate:0.00}")))}; 90 % at {FormattableString.Invariant($"{ninety:0.0} sigma = {ninety * Rms * 1000:0.00}")} mJy");
        ratios.Sort();
        double scatter = Math.Sqrt(offsets.Average(Square)), shift = offsets.Average();
        Say("V10", scatter is > 0.7 and < 1.3 && Math.Abs(shift) < 4 * scatter / Math.Sqrt(offsets.Count), $"places found of {ratios.Count} point sources of 10 to 60 sigma, along an axis: scatter of {scatter:0.000} FWHM/(2 S/N) (about 1; the least there can be is 0.85), mean {shift:0.000} (4 errors: {4 * scatter / Math.Sqrt(offsets.Count):0.000})");
        Say("V13", Math.Abs(ratios[ratios.Count / 2] - 1) < 0.02, $"found over true flux of {ratios.Count} point sources of 10 to 60 sigma: median {ratios[ratios.Count / 2]:0.0000} (1 ± 0.02)");
    }

    private static Direction Place(SkyGrid grid, double x, double y)
    {
        var position = grid.Coordinates.PixelToSky(x, y);
        return Direction.FromDegrees(position.RightAscension, position.Declination);
    }

    /// <summary>V7b: the mean power spectrum of 40 fields (orders 2 to 8) at the centres of 196,608 pixels against the transform of their correlation.</summary>
    private static void PowerSpectrum()
    {
        const int MapOrder = 7, First = 16, Last = 127, Fields = 40, LastOrder = 8;
        double[] variances = ClusteringField.Fit(new SkyClustering())[..(LastOrder - 1)], mean = new double[Last + 1];
        Parallel.For(0, Fields, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            var field = new ClusteringField((ulong)seed, new SkyClustering(), LastOrder);
            float[] map = new float[12 << (2 * MapOrder)];
            for (int cell = 0; cell < map.Length; cell++)
                map[cell] = (float)field.In(cell >> 2).At(new HealpixCell(MapOrder, cell).CentreDirection);
            double[] spectrum = SphericalPower.Of(map, MapOrder, Last);
            lock (mean)
            {
                for (int l = 0; l <= Last; l++)
                    mean[l] += spectrum[l] / Fields;
            }
        });
        bool holds = true;
        var ratios = new List<string>();
        foreach (var (from, to) in ((int, int)[])[(First, 31), (32, 63), (64, Last)])
        {
            double found = 0, expected = 0;
            for (int l = from; l <= to; l++)
                (found, expected) = (found + (2 * l + 1) * mean[l], expected + (2 * l + 1) * Expected(l));
            holds &= Math.Abs(found / expected - 1) < 0.02;
            ratios.Add(FormattableString.Invariant($"l = {from} to {to}: {found / expected:0.000}"));
        }
        Say("V7b", holds, $"mean power of {Fields} fields over that of the correlation (1 ± 0.02), {string.Join(", ", ratios)}");

        // 2 pi times the integral of C(theta) P_l(cos theta) sin theta, over the reach of the widest kernel.
        double Expected(int l)
        {
            const int Steps = 8000;
            double farthest = double.DegreesToRadians(5 * 58.632356 / 4), sum = 0;
            for (int i = 0; i < Steps; i++)
            {
                double theta = (i + 0.5) * farthest / Steps, correlation = 0, x = Math.Cos(theta), before = 1, now = x;
                for (int k = 0; k < variances.Length; k++)
                    correlation += variances[k] * ClusteringField.Correlation(double.RadiansToDegrees(theta) / (58.632356 / (1 << (2 + k))));
                for (int n = 2; n <= l; n++)
                    (before, now) = (now, ((2 * n - 1) * x * now - (n - 1) * before) / n);
                sum += correlation * now * Math.Sin(theta) * farthest / Steps;
            }
            return 2 * Math.PI * sum;
        }
    }

    /// <summary>V7c: pairs in three catalogues of the whole sky; there, DD over the pairs of an even sky less one is Landy's and Szalay's estimate.</summary>
    private static void Clustering()
    {
        const double Faintest = 10.4, From = 0.05, To = 2;
        const int Bins = 10, CellOrder = 5;
        double[] edges = [.. Enumerable.Range(0, Bins + 1).Select(i => From * Math.Pow(To / From, i / (double)Bins))];
        double[] chords = [.. edges.Select(edge => Square(2 * Math.Sin(double.DegreesToRadians(edge) / 2)))];
        double[] pairs = new double[Bins], even = new double[Bins];
        long all = 0;
        foreach (ulong seed in (ulong[])[1, 2, 3])
        {
            var catalogue = new SkyCatalogue(new SkyRecipe { Seed = seed });
            var cells = new Direction[12 << (2 * CellOrder)][];
            Parallel.For(0, cells.Length, cell => cells[cell] =
                [.. catalogue.Around(new HealpixCell(CellOrder, cell), 0, Faintest).Where(source => HealpixCell.At(CellOrder, source.Direction).Pixel == cell).Select(source => source.Direction)]);
            double count = cells.Sum(cell => (long)cell.Length);
            all += (long)count;
            for (int bin = 0; bin < Bins; bin++)
                even[bin] += count * count / 2 * (chords[bin + 1] - chords[bin]) / 4;      // a cap of chord c has c^2/4 of the sphere
            Parallel.For(0, cells.Length, cell =>
            {
                double[] own = new double[Bins];
                double reach = double.DegreesToRadians(To) + Healpix.BoundingRadius(CellOrder);
                foreach (var other in Healpix.CellsWithin(CellOrder, new HealpixCell(CellOrder, cell).CentreDirection, reach))
                {
                    if (other.Pixel < cell)
                        continue;
                    for (int i = 0; i < cells[cell].Length; i++)
                    {
                        var place = cells[cell][i];
                        var others = cells[other.Pixel];
                        for (int j = other.Pixel == cell ? i + 1 : 0; j < others.Length; j++)
                        {
                            double x = others[j].X - place.X, y = others[j].Y - place.Y, z = others[j].Z - place.Z, chord = x * x + y * y + z * z;
                            if (chord >= chords[Bins] || chord < chords[0])
                                continue;
                            int bin = Bins - 1;
                            while (chord < chords[bin])
                                bin--;
                            own[bin]++;
                        }
                    }
                }
                lock (pairs)
                {
                    for (int bin = 0; bin < Bins; bin++)
                        pairs[bin] += own[bin];
                }
            });
        }
        // ln w = ln A - gamma ln theta, weighted by Poisson's errors.
        double s = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
        for (int bin = 0; bin < Bins; bin++)
        {
            double w = pairs[bin] / even[bin] - 1, weight = w * w * even[bin], x = Math.Log(Math.Sqrt(edges[bin] * edges[bin + 1])), y = Math.Log(w);
            (s, sx, sy, sxx, sxy) = (s + weight, sx + weight * x, sy + weight * y, sxx + weight * x * x, sxy + weight * x * y);
        }
        double gamma = -(s * sxy - sx * sy) / (s * sxx - sx * sx), amplitude = Math.Exp((sy + gamma * sx) / s);
        double errorOfGamma = Math.Sqrt(s / (s * sxx - sx * sx)), errorOfAmplitude = amplitude * Math.Sqrt(sxx / (s * sxx - sx * sx));
        Say("V7c", Math.Abs(amplitude / 1e-3 - 1) < 0.1 && Math.Abs(gamma - 0.8) < 0.08, $"{all} sources of three skies, 0.05 to 2 deg: A = ({amplitude * 1e3:0.000} ± {errorOfAmplitude * 1e3:0.000})e-3 (1 ± 0.1), gamma = {gamma:0.000} ± {errorOfGamma:0.000} (0.80 ± 0.08); errors are Poisson's alone");
    }

    private static double Square(double value) => value * value;
}

/// <summary>The angular power spectrum of a map in HEALPix pixels: Fourier sums along rings, associated Legendre functions across them.</summary>
internal static class SphericalPower
{
    /// <param name="map">Nested.</param>
    /// <param name="order">Of the pixels.</param>
    /// <param name="last">Largest l.</param>
    public static double[] Of(float[] map, int order, int last)
    {
        int width = 1 << order;
        double area = 4 * Math.PI / map.Length;
        var coefficients = new Complex[(last + 1) * (last + 1)];
        for (int ring = 1, first = 0; ring < 4 * width; ring++)
        {
            int count = ring < width ? 4 * ring : ring > 3 * width ? 4 * (4 * width - ring) : 4 * width;
            double[] values = [.. Enumerable.Range(first, count).Select(i => (double)map[HealpixCell.FromRing(order, i).Pixel])];
            var start = HealpixCell.FromRing(order, first).CentreDirection;
            first += count;
            double z = start.Z, sin = Math.Sqrt(1 - z * z), longitude = Math.Atan2(start.Y, start.X), sectoral = Math.Sqrt(1 / (4 * Math.PI));
            for (int m = 0; m <= last; m++)
            {
                var sum = Complex.Zero;
                var (turn, step) = (Complex.FromPolarCoordinates(area, -m * longitude), Complex.FromPolarCoordinates(1, -2 * Math.PI * m / count));
                foreach (double value in values)
                {
                    sum += value * turn;
                    turn *= step;
                }
                if (m > 0)
                    sectoral *= -sin * Math.Sqrt((2 * m + 1) / (2.0 * m));
                double before = 0, now = sectoral;           // normalised P_lm: Press et al., Numerical Recipes, eq. 6.7.9
                for (int l = m; l <= last; l++)
                {
                    coefficients[l * (last + 1) + m] += sum * now;
                    double a = Math.Sqrt((4.0 * (l + 1) * (l + 1) - 1) / ((double)(l + 1) * (l + 1) - m * m)), b = Math.Sqrt(((double)l * l - m * m) / (4.0 * l * l - 1));
                    (before, now) = (now, a * (z * now - (l > m ? b : 0) * before));
                }
            }
        }
        return [.. Enumerable.Range(0, last + 1).Select(l => Enumerable.Range(0, l + 1).Sum(m => (m == 0 ? 1 : 2) * Math.Pow(coefficients[l * (last + 1) + m].Magnitude, 2)) / (2 * l + 1))];
    }
}
