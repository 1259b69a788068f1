using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

public class HealpixTests
{
    /// <summary>Poles, corners of three and of four faces, edges, the seam, anywhere: where discs are tried.</summary>
    private static readonly SkyCoordinate[] _places =
    [
        new(0, 90), new(0, -90), new(77, 89.7), new(200, -88), new(0, 0), new(45, 0), new(90, 41.810314895778596), new(180, -41.810314895778596), new(0, 41.81), new(359.99, 12),
        new(22.5, 20.9), new(45, 41.8), new(0, 70), new(270, 50), new(135, -30), new(13.7, 66.1), new(202.4, 47.2), new(83.6, 22), new(201.4, -43), new(301.1, -71.5),
    ];

    [Fact]
    public void Centre_LiesInItsCell_AtEveryOrder()
    {
        for (int order = 0; order <= 5; order++)
        {
            foreach (var cell in All(order))
            {
                Assert.Equal(cell, HealpixCell.At(order, cell.Centre));
                Assert.Equal(cell, HealpixCell.At(order, cell.CentreDirection));
                Assert.True(cell.Contains(cell.Centre));
            }
        }
        var random = new RandomStream(1, nameof(Centre_LiesInItsCell_AtEveryOrder));
        for (int i = 0; i < 20000; i++)
        {
            var cell = RandomCell(random);
            Assert.Equal(cell, HealpixCell.At(cell.Order, cell.CentreDirection));
        }
    }

    [Fact]
    public void At_OfEveryLowerOrder_IsTheParent()
    {
        var random = new RandomStream(2, nameof(At_OfEveryLowerOrder_IsTheParent));
        for (int i = 0; i < 2000; i++)
        {
            var direction = RandomDirection(random);
            var cell = HealpixCell.At(29, direction);
            for (int order = 28; order >= 0; order--)
            {
                Assert.True(cell.Parent.Contains(cell) && !cell.Contains(cell.Parent));
                Assert.Equal(cell, cell.Parent.Child((int)(cell.Pixel & 3)));
                cell = cell.Parent;
                Assert.Equal(cell, HealpixCell.At(order, direction));
            }
        }
    }

    /// <summary>A position on a face comes back to a few units in the last place: 1e-14 of a face is 2 nano-arcseconds.</summary>
    [Fact]
    public void DirectionAt_ThereAndBack_IsTheSameFraction()
    {
        var random = new RandomStream(3, nameof(DirectionAt_ThereAndBack_IsTheSameFraction));
        for (int i = 0; i < 100000; i++)
        {
            var cell = new HealpixCell(i % 12, (long)(random.NextDouble() * Healpix.CellCount(i % 12)));
            double u = random.NextDouble(), v = random.NextDouble();
            if (i % 5 == 0)                                                  // to the corners, those at the poles among them
                (u, v) = (1 - 1e-6 * u, 1 - 1e-6 * v);
            var (face, x, y) = Healpix.FaceCoordinates(cell.DirectionAt(u, v));
            double side = 1 << cell.Order;
            Assert.Equal(cell.Face, face);
            Assert.Equal((cell.X + u) / side, x, 1e-14);
            Assert.Equal((cell.Y + v) / side, y, 1e-14);
            Assert.True(cell.PositionAt(u, v).SeparationTo(Sky(cell.DirectionAt(u, v))) < 1e-13);
        }
    }

    /// <summary>Uniform fractions of a face are uniform on the sky: in the mean of z, and in how much of a polar face lies in the cap (half).</summary>
    [Fact]
    public void DirectionAt_OfUniformFractions_IsUniformOnTheSky()
    {
        const int Side = 200;
        foreach (var (face, height, longitude) in new[] { (0, MeanOfPolarFace, 45), (5, 0, 90), (11, -MeanOfPolarFace, 315) })
        {
            double z = 0, x = 0, y = 0, above = 0;
            for (int i = 0; i < Side * Side; i++)
            {
                var direction = new HealpixCell(0, face).DirectionAt((i % Side + 0.5) / Side, (i / Side + 0.5) / Side);
                (x, y, z) = (x + direction.X, y + direction.Y, z + direction.Z);
                above += Math.Abs(direction.Z) > 2.0 / 3 ? 1 : 0;
            }
            double count = Side * Side;
            Assert.Equal(longitude, Degrees.Wrap(double.RadiansToDegrees(Math.Atan2(y, x))), 1e-9);
            Assert.Equal(face is 0 or 11 ? 0.5 : 0, above / count, 0.005);
            Assert.Equal(height, z / count, 1e-4);
        }
    }

    [Fact]
    public void Neighbours_OfEveryCell_AreMutual()
    {
        int missing = 0;
        foreach (var cell in All(5))
        {
            var around = cell.Neighbours;
            missing += around.Count(pixel => pixel < 0);
            Assert.Equal(around.Count(pixel => pixel >= 0), around.Where(pixel => pixel >= 0).Distinct().Count());
            foreach (long pixel in around.Where(pixel => pixel >= 0))
            {
                var neighbour = new HealpixCell(5, pixel);
                Assert.Contains(cell.Pixel, neighbour.Neighbours);
                Assert.True(cell.CentreDirection.SeparationTo(neighbour.CentreDirection) < 2 * Healpix.BoundingRadius(5));
            }
        }
        Assert.Equal(8 * 3, missing);                                       // eight corners of three faces
    }

    /// <summary>Edges first: SW, NW, NE and SE share two corners, the others one.</summary>
    [Fact]
    public void Neighbours_OfEveryCell_ShareItsCorners()
    {
        int[][] shared = [[1, 2], [1], [0, 1], [0], [0, 3], [3], [2, 3], [2]];
        foreach (var cell in All(3))
        {
            for (int i = 0; i < 8; i++)
            {
                if (cell.Neighbours[i] < 0)
                    continue;
                var corners = new HealpixCell(3, cell.Neighbours[i]).Corners;
                for (int corner = 0; corner < 4; corner++)
                {
                    bool isShared = corners.Any(other => other.SeparationTo(cell.Corners[corner]) < 1e-9);
                    Assert.Equal(shared[i].Contains(corner), isShared);
                }
            }
        }
    }

    [Fact]
    public void BoundingRadius_HoldsEveryCell_AndNoneIsNeeded()
    {
        for (int order = 0; order <= 4; order++)
        {
            double farthest = All(order).Max(cell => Border(8).Max(point => cell.CentreDirection.SeparationTo(cell.DirectionAt(point.U, point.V))));
            Assert.InRange(farthest, Healpix.BoundingRadius(order) * (1 - 1e-9), Healpix.BoundingRadius(order));
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void CellsWithin_HasEveryCellOfTheDisc_AndHardlyAnyOther(int order)
    {
        var points = All(order).Select(cell => Grid(order == 4 ? 8 : 4).Select(point => cell.DirectionAt(point.U, point.V)).ToArray()).ToArray();
        double reach = Healpix.BoundingRadius(order + 3) * 4;                 // a part beyond the rim, and the grid between whose points the nearest one lies
        foreach (var place in _places)
        {
            var centre = Direction.FromDegrees(place.RightAscension, place.Declination);
            foreach (double radius in new[] { 0, 0.003, 0.05, 0.3, 1.7 })
            {
                var found = Healpix.CellsWithin(order, centre, radius);
                Assert.Equal(found, Healpix.CellsWithin(order, place, radius));
                var pixels = found.Select(cell => cell.Pixel).ToHashSet();
                Assert.Equal(pixels.Order(), found.Select(cell => cell.Pixel));
                Assert.Contains(HealpixCell.At(order, centre).Pixel, pixels);
                for (long pixel = 0; pixel < points.Length; pixel++)
                {
                    double nearest = points[pixel].Max(point => point.Dot(centre));
                    if (nearest > Math.Cos(radius) + 1e-15)
                        Assert.True(pixels.Contains(pixel), $"{place}, {radius}: {pixel} is missing");
                    else if (pixels.Contains(pixel))
                        Assert.True(nearest > Math.Cos(radius + reach), $"{place}, {radius}: {pixel} is too far");
                }
                Assert.Equal(
                    All(order).Where(cell => centre.SeparationTo(cell.CentreDirection) <= radius),
                    Healpix.CellsCentredWithin(order, centre, radius));
            }
        }
    }

    /// <summary>A last bit more or less of any component leads to another cell at the corner, never to one elsewhere.</summary>
    [Fact]
    public void At_ABitBesideCornersOfFaces_IsACellThere()
    {
        foreach (var cell in All(1))
        {
            foreach (var (u, v) in Grid(2))
            {
                var d = cell.DirectionAt(u, v);
                double[] xs = [Math.BitDecrement(d.X), d.X, Math.BitIncrement(d.X)], ys = [Math.BitDecrement(d.Y), d.Y, Math.BitIncrement(d.Y)];
                double[] zs = [Math.BitDecrement(d.Z), d.Z, Math.BitIncrement(d.Z)];
                foreach (var near in from x in xs from y in ys from z in zs select new Direction(x, y, z))
                    Assert.True(HealpixCell.At(20, near).CentreDirection.SeparationTo(d) < Healpix.BoundingRadius(20) * 1.001, $"{near}");
            }
        }
    }

    [Fact]
    public void CellsWithin_OfTheWholeSky_IsEveryCell()
    {
        Assert.Equal(All(3), Healpix.CellsWithin(3, new SkyCoordinate(10, 20), Math.PI));
        Assert.Equal(All(3), Healpix.CellsCentredWithin(3, new SkyCoordinate(10, 20), 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => Healpix.CellsWithin(3, new SkyCoordinate(10, 20), -1e-9));
        Assert.Throws<ArgumentOutOfRangeException>(() => Healpix.CellsWithin(3, new SkyCoordinate(10, 20), double.NaN));
    }

    [Fact]
    public void CellsWithin_AtTheLastOrder_AreFew()
    {
        foreach (var place in _places)
        {
            var cells = Healpix.CellsWithin(Healpix.LastOrder, place, 2 * Healpix.BoundingRadius(Healpix.LastOrder));
            Assert.Contains(HealpixCell.At(Healpix.LastOrder, place), cells);
            Assert.InRange(cells.Length, 9, 60);
        }
    }

    [Fact]
    public void RingPixel_OfEveryCell_IsAnotherNumber_InTheOrderOfRings()
    {
        var rings = All(4).OrderBy(cell => cell.RingPixel).ToArray();
        for (int i = 0; i < rings.Length; i++)
        {
            Assert.Equal(i, rings[i].RingPixel);
            Assert.Equal(rings[i], HealpixCell.FromRing(4, i));
            if (i == 0)
                continue;
            var (before, here) = (rings[i - 1].Centre, rings[i].Centre);
            bool sameRing = Math.Abs(before.Declination - here.Declination) < 1e-9;
            Assert.True(sameRing ? here.RightAscension > before.RightAscension : here.Declination < before.Declination);
        }
        var random = new RandomStream(4, nameof(RingPixel_OfEveryCell_IsAnotherNumber_InTheOrderOfRings));
        for (int i = 0; i < 20000; i++)
        {
            var cell = RandomCell(random);
            Assert.Equal(cell, HealpixCell.FromRing(cell.Order, cell.RingPixel));
        }
        Assert.Equal(new HealpixCell(29, (1L << 58) - 1), HealpixCell.FromRing(29, 0));
        Assert.Equal(Healpix.CellCount(29) - 1, HealpixCell.FromRing(29, Healpix.CellCount(29) - 1).RingPixel);
    }

    [Fact]
    public void AreaSquareDegrees_OfAllCells_IsTheSky()
    {
        Assert.Equal(41252.96124941927, 12 * HealpixCell.AreaSquareDegrees(0), 1e-10);
        Assert.Equal(0.05245, HealpixCell.AreaSquareDegrees(8), 1e-5);
    }

    /// <summary>What is stored depends on these bits; they come from arithmetic that IEEE 754 defines, on every machine.</summary>
    [Fact]
    public void Positions_HaveTheBitsTheyAlwaysHad()
    {
        var random = new RandomStream(5, nameof(Positions_HaveTheBitsTheyAlwaysHad));
        double[] numbers = new double[5 * 20000];
        for (int i = 0; i < numbers.Length; i += 5)
        {
            var cell = RandomCell(random);
            double u = random.NextDouble(), v = random.NextDouble();
            var direction = cell.DirectionAt(u, v);
            var position = cell.PositionAt(u, v);
            (numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4]) = (direction.X, direction.Y, direction.Z, position.RightAscension, position.Declination);
        }
        Assert.Equal("34272e8cebcfba9fa58190c9e6f1bb076bd218c8c59ca9ea9e053780df987b19", Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(numbers.AsSpan()))));
    }

    [Fact]
    public void WhatIsNoCell_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new HealpixCell(30, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HealpixCell(-1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HealpixCell(3, 768));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HealpixCell(3, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => HealpixCell.FromFace(3, 12, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => HealpixCell.FromFace(3, 0, 8, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => HealpixCell.FromRing(0, 12));
        Assert.Throws<ArgumentOutOfRangeException>(() => HealpixCell.At(3, new SkyCoordinate(0, 90.0001)));
        Assert.Throws<ArgumentOutOfRangeException>(() => HealpixCell.At(3, new SkyCoordinate(double.NaN, 0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => HealpixCell.At(3, Direction.Nowhere));
        Assert.Throws<ArgumentOutOfRangeException>(() => new HealpixCell(0, 0).Child(4));
        Assert.Throws<InvalidOperationException>(() => new HealpixCell(0, 0).Parent);
    }

    /// <summary>Half of a polar face is a quarter of the cap, where z is 5/6 on average; the other half narrows from z = 2/3 to 0, 4/9 on average.</summary>
    private const double MeanOfPolarFace = (5.0 / 6 + 4.0 / 9) / 2;

    private static IEnumerable<HealpixCell> All(int order)
    {
        for (long pixel = 0; pixel < Healpix.CellCount(order); pixel++)
            yield return new HealpixCell(order, pixel);
    }

    private static (double U, double V)[] Grid(int steps) =>
        [.. from i in Enumerable.Range(0, steps + 1) from j in Enumerable.Range(0, steps + 1) select (i / (double)steps, j / (double)steps)];

    private static (double U, double V)[] Border(int steps) => [.. Grid(steps).Where(point => point.U is 0 or 1 || point.V is 0 or 1)];

    private static HealpixCell RandomCell(RandomStream random)
    {
        int order = random.NextInt32(30);
        return new HealpixCell(order, (long)(random.NextDouble() * Healpix.CellCount(order)));
    }

    private static Direction RandomDirection(RandomStream random)
    {
        double z = random.NextDouble(-1, 1);
        return Direction.FromRadians(random.NextDouble(0, 2 * Math.PI), Math.Asin(z));
    }

    private static SkyCoordinate Sky(Direction direction)
    {
        var position = direction.ToSpherical();
        return new SkyCoordinate(position.Longitude, position.Latitude);
    }
}
