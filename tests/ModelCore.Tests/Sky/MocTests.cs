using FsCheck;
using FsCheck.Fluent;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

public sealed class MocTests : IDisposable
{
    /// <summary>Low enough to try every cell.</summary>
    private const int Order = 5;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Cells_AreTheFewest()
    {
        var moc = Moc.FromCells([new(9, 20), new(8, 0), new(8, 1), new(9, 8), new(9, 9), new(9, 10), new(9, 11), new(8, 3), new(9, 11)]);
        Assert.Equal([new HealpixCell(7, 0), new HealpixCell(9, 20)], moc.Cells);
        Assert.Equal(9, moc.Order);
        Assert.Equal(HealpixCell.AreaSquareDegrees(7) + HealpixCell.AreaSquareDegrees(9), moc.AreaSquareDegrees, 1e-12);
        Assert.Equal("7/0 9/20", moc.ToString());
    }

    [Fact]
    public void AllSky_IsTwelveFaces()
    {
        Assert.Equal("0/0-11", MocText.ToAscii(Moc.AllSky));
        Assert.Equal(41252.96124941927, Moc.AllSky.AreaSquareDegrees, 1e-9);
        Assert.Equal(1, Moc.AllSky.SkyFraction);
        Assert.True(Moc.AllSky.Contains(new HealpixCell(29, Healpix.CellCount(29) - 1)));
        Assert.Equal(48, Moc.AllSky.CellsOverlapping(1).Count());
        Assert.Equal(Moc.AllSky, Moc.FromCells(AllCells(0)));
        Assert.Equal(Moc.AllSky, Moc.Cone(new SkyCoordinate(1, 2), 180, 0));
        Assert.Equal(Moc.AllSky, Moc.Box(0, 360, -90, 90, 0));
        Assert.True(Moc.Empty(3).IsEmpty);
        Assert.Equal(0, Moc.Empty(3).AreaSquareDegrees);
        Assert.False(Moc.Empty(3).Overlaps(new HealpixCell(0, 0)));
    }

    /// <summary>Union, intersection and what is inside against sets of the cells of order 5.</summary>
    [Fact]
    public void Algebra_IsThatOfSetsOfCells() => Check(30, (first, second) =>
    {
        HashSet<long> a = Pixels(first), b = Pixels(second);
        Moc union = first.Union(second), intersection = first.Intersection(second);
        Assert.Equal(a.Union(b).Order(), Pixels(union).Order());
        Assert.Equal(a.Intersect(b).Order(), Pixels(intersection).Order());
        Assert.Equal(union, second.Union(first));
        Assert.Equal(intersection, second.Intersection(first));
        Assert.Equal(Math.Max(first.Order, second.Order), union.Order);
        Assert.Equal(first.AreaSquareDegrees + second.AreaSquareDegrees, union.AreaSquareDegrees + intersection.AreaSquareDegrees, 1e-9);
        Assert.Equal(a.Count * HealpixCell.AreaSquareDegrees(Order), first.AreaSquareDegrees, 1e-9);
        Assert.Equal(first.Ranges, first.Union(intersection).Ranges);
        Assert.Equal(union, union.Union(intersection));
        Assert.Equal(union.GetHashCode(), union.Union(intersection).GetHashCode());
        for (int order = 0; order <= Order; order++)
        {
            int shift = 2 * (Order - order);
            var parts = a.GroupBy(pixel => pixel >> shift).ToDictionary(group => group.Key, group => group.Count());
            Assert.Equal(parts.Keys.Order(), first.CellsOverlapping(order).Select(cell => cell.Pixel));
            foreach (var cell in AllCells(order).Where(cell => order < 4 || cell.Pixel % 7 == 0))
            {
                int count = parts.GetValueOrDefault(cell.Pixel);
                Assert.Equal(count > 0, first.Overlaps(cell));
                Assert.Equal(count == 1 << shift, first.Contains(cell));
            }
        }
        foreach (var cell in AllCells(Order).Where(cell => cell.Pixel % 11 == 0))
        {
            Assert.Equal(a.Contains(cell.Pixel), first.Contains(cell.Centre));
            Assert.Equal(a.Contains(cell.Pixel), first.Contains(cell.CentreDirection));
            Assert.Equal(a.Contains(cell.Pixel), first.Contains(cell.Child(3).Child(1)));
        }
    });

    [Fact]
    public void Cells_OfAnyMoc_AreWellFormed() => Check(200, (moc, _) =>
    {
        var cells = moc.Cells.ToHashSet();
        Assert.Equal(cells.Count, moc.Cells.Count());
        Assert.Equal(moc.Cells.OrderBy(cell => MocRange.Of(cell).Start), moc.Cells);
        Assert.Equal(Pixels(moc).Count, cells.Sum(cell => 1L << (2 * (Order - cell.Order))));
        Assert.DoesNotContain(cells, cell => cell.Order > 0 && Enumerable.Range(0, 4).All(i => cells.Contains(cell.Parent.Child(i))));
    });

    [Fact]
    public void TextAndFiles_OfAnyMoc_ReadBackTheSame() => Check(12, (moc, deep) =>
    {
        foreach (var one in new[] { moc, deep, moc.Union(Moc.FromCells([new(29, Healpix.CellCount(29) - 2), new(17, 12345678)])), Moc.Empty(7) })
        {
            Assert.Equal(one, MocText.ParseAscii(MocText.ToAscii(one)));
            Assert.Equal(one, MocText.ParseJson(MocText.ToJson(one)));
            foreach (var packaging in new[] { MocPackaging.Cells, MocPackaging.Ranges })
            {
                MocFits.Write(_folder.File("moc.fits"), one, packaging);
                Assert.Equal(one, MocFits.Read(_folder.File("moc.fits")));
            }
        }
    });

    /// <summary>The examples of MOC 2.0, and other spellings of them.</summary>
    [Fact]
    public void Text_OfTheStandard_IsRead()
    {
        var moc = MocText.ParseAscii("1/1 2 4 2/12-14 21 23 25 8/");
        Assert.Equal(8, moc.Order);
        Assert.Equal(3 * HealpixCell.AreaSquareDegrees(1) + 6 * HealpixCell.AreaSquareDegrees(2), moc.AreaSquareDegrees, 1e-9);
        Assert.Equal("1/1-2 4 2/12-14 21 23 25 8/", MocText.ToAscii(moc));
        Assert.Equal(moc, MocText.ParseJson("""{"1":[1,2,4], "2":[12,13,14,21,23,25], "8":[]}"""));
        Assert.Equal("""{"1":[1,2,4],"2":[12,13,14,21,23,25],"8":[]}""", MocText.ToJson(moc));
        Assert.Equal(moc, MocText.ParseJson("""{"s": {"1":[1,2,4], "2":[12,13,14,21,23,25], "8":[]}}"""));
        Assert.Equal(moc, MocText.ParseAscii("s1/1,2,4\r\n2/ 12-14,21,23,25\n8/\n"));
        Assert.Equal("8/0-2 9/20", MocText.ToAscii(MocText.ParseAscii("8/0-2 9/20")));
        Assert.Equal("7/0 9/20", MocText.ToAscii(MocText.ParseAscii("8/0-3 9/20")));
        Assert.Equal(Moc.AllSky, MocText.ParseAscii("0/0-11"));
        Assert.Equal(Moc.Empty(0), MocText.ParseAscii("0/"));
        Assert.Equal("5/", MocText.ToAscii(Moc.Empty(5)));
        Assert.Equal("""{"5":[]}""", MocText.ToJson(Moc.Empty(5)));
        Assert.Equal(Moc.Empty(0), MocText.ParseJson("{}"));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData(" \n", "is empty")]
    [InlineData("0-3", "item 1 ('0-3'): the first item should name the order")]
    [InlineData("8/0 x", "item 2 ('x'): a cell should be a whole number, or two as in 0-3, but it is 'x'")]
    [InlineData("30/0", "the order should be a whole number from 0 to 29, but it is '30'")]
    [InlineData("-1/0", "the order should be a whole number from 0 to 29, but it is '-1'")]
    [InlineData("/0", "the order should be a whole number from 0 to 29, but it is ''")]
    [InlineData("1/0 2/3/4", "but it is '3/4'")]
    [InlineData("1/48", "order 1 has cells 0 to 47, but the cell is 48")]
    [InlineData("1/5-3", "should ascend, but they go from 5 to 3")]
    [InlineData("1/3-", "but it is ''")]
    [InlineData("1/-3", "but it is ''")]
    [InlineData("29/99999999999999999999", "but it is '99999999999999999999'")]
    [InlineData("t61/3", "the order should be a whole number from 0 to 29, but it is 't61'")]
    public void ParseAscii_OfAnotherText_SaysWhatIsWrong(string text, string expected)
    {
        string message = Assert.Throws<RadioDiffusionException>(() => MocText.ParseAscii(text, "coverage.txt")).Message;
        Assert.StartsWith("coverage.txt", message, StringComparison.Ordinal);
        Assert.Contains(expected, message);
    }

    [Theory]
    [InlineData("", "but it is not")]
    [InlineData("{\"1\":[3}", "but it is not")]
    [InlineData("[1,2]", "should be a JSON object such as {\"8\":[0,1,2,3],\"9\":[20]}, but it is an array")]
    [InlineData("{\"a\":[1]}", "key 'a': the order should be a whole number from 0 to 29, but it is 'a'")]
    [InlineData("{\"1\":3}", "key '1': there should be an array of cells, but there is '3'")]
    [InlineData("{\"1\":[\"3\"]}", "a cell should be a whole number, but it is '\"3\"'")]
    [InlineData("{\"1\":[1.5]}", "a cell should be a whole number, but it is '1.5'")]
    [InlineData("{\"1\":[48]}", "order 1 has cells 0 to 47, but the cell is 48")]
    [InlineData("{\"1\":[-1]}", "order 1 has cells 0 to 47, but the cell is -1")]
    public void ParseJson_OfAnotherText_SaysWhatIsWrong(string json, string expected)
    {
        string message = Assert.Throws<RadioDiffusionException>(() => MocText.ParseJson(json, "coverage.json")).Message;
        Assert.StartsWith("coverage.json", message, StringComparison.Ordinal);
        Assert.Contains(expected, message);
    }

    /// <summary>The cards of the standard's example, and what they describe.</summary>
    [Theory]
    [InlineData(MocPackaging.Cells, "NUNIQ", "UNIQ", new long[] { 4 * (1L << 14), 4 * (1L << 18) + 20 })]
    [InlineData(MocPackaging.Ranges, "RANGE", "RANGE", new long[] { 0, 4L << 42, 20L << 40, 21L << 40 })]
    public async Task Write_HasTheCardsOfTheStandard(MocPackaging packaging, string ordering, string columnName, long[] numbers)
    {
        string path = _folder.File("moc.fits");
        MocFits.Write(path, MocText.ParseAscii("8/0-3 9/20 11/"), packaging, "LoTSS");
        using (var file = FitsFile.Open(path))
        {
            var table = file.FirstTable();
            Assert.Equal(1, table.Index);
            Assert.Equal("LoTSS", table.Name);
            Assert.Equal(("2.0", "SPACE", ordering, "C"), (table.Header.GetString("MOCVERS"), table.Header.GetString("MOCDIM"), table.Header.GetString("ORDERING"), table.Header.GetString("COORDSYS")));
            Assert.Equal((11, 11), (table.Header.GetInteger("MOCORD_S"), table.Header.GetInteger("MOCORDER")));
            Assert.Equal(("1K", columnName), (table.Header.GetString("TFORM1"), table.Header.GetString("TTYPE1")));
            Assert.Equal(numbers, table.ReadIntegers(columnName));
        }
        using (var stream = new MemoryStream())
        {
            MocFits.Write(stream, MocText.ParseAscii("8/0-3 9/20 11/"), packaging, "LoTSS");
            Assert.Equal(File.ReadAllBytes(path), stream.ToArray());
        }
        AptInstallation.SkipUnless(await AptInstallation.HasAsync(["fitsverify"], "-h", "fitsverify"), "Needs the program 'fitsverify': install the package 'fitsverify'.");
        var (_, output) = await AptInstallation.RunAsync(_folder.Path, "fitsverify", "-H", path);
        Assert.True(output.Contains("found 0 warning(s) and 0 error(s)", StringComparison.Ordinal), output);
    }

    /// <summary>What others have written: 32 bits, the keywords of MOC 1, an order as text, cells that are not well formed.</summary>
    [Fact]
    public void Read_OfOtherProgramsFiles_IsTheirMoc()
    {
        var header = Cards(("PIXTYPE", "HEALPIX"), ("ORDERING", "NUNIQ"), ("COORDSYS", "C"), ("MOCORDER", 3));
        FitsWriter.WriteTable(_folder.File("1.fits"), [new FitsInt32Column("UNIQ", null, [16 + 5, 16 + 4, 16 + 7, 16 + 6, 15])], header);
        Assert.Equal(MocText.ParseAscii("0/1 11 3/"), MocFits.Read(_folder.File("1.fits")));
        header = Cards(("ORDERING", "RANGE"), ("MOCORD_S", "10"), ("MOCDIM", "SPACE"));
        FitsWriter.WriteTable(_folder.File("2.fits"), [new FitsIntegerColumn("col", null, [1L << 58, 2L << 58, 0, 1L << 58])], header);
        Assert.Equal(MocText.ParseAscii("0/0-1 10/"), MocFits.Read(_folder.File("2.fits")));
        FitsWriter.WriteTable(_folder.File("3.fits"), [new FitsIntegerColumn("UNIQ", null, [4 + 3])], Cards(("ORDERING", "NUNIQ")));
        Assert.Equal(MocText.ParseAscii("0/3"), MocFits.Read(_folder.File("3.fits")));
    }

    [Fact]
    public void Read_OfAnotherFile_SaysWhatIsWrong()
    {
        Refuses([4], "ORDERING should be NUNIQ or RANGE in a MOC, but it is ''");
        Refuses([4], "ORDERING should be NUNIQ or RANGE in a MOC, but it is 'NESTED'", ("ORDERING", "NESTED"));
        Refuses([4], "COORDSYS should be C (the ICRS), but it is 'G'", ("ORDERING", "NUNIQ"), ("COORDSYS", "G"));
        Refuses([4], "MOCDIM should be SPACE (a MOC of the sky), but it is 'TIME'", ("ORDERING", "RANGE"), ("MOCDIM", "TIME"));
        Refuses([4], "MOCORD_S should be a whole number from 0 to 29, but it is '30'", ("ORDERING", "NUNIQ"), ("MOCORD_S", 30));
        Refuses([4, 3], "row 2: a cell (4 * 4^order + pixel) should be 4 to 4611686018427387903, but it is 3", ("ORDERING", "NUNIQ"));
        Refuses([1L << 62], "row 1: a cell", ("ORDERING", "NUNIQ"));
        Refuses([0, 1, 2], "ranges should have two rows each, but there are 3 rows", ("ORDERING", "RANGE"));
        Refuses([0, 1, 5, 5], "rows 3 and 4: a range should begin at 0 or more and end after that, at 3458764513820540928 at most, but it goes from 5 to 5", ("ORDERING", "RANGE"));
        Refuses([0, 3458764513820540929], "rows 1 and 2: a range", ("ORDERING", "RANGE"));
        FitsWriter.WriteTable(_folder.File("two.fits"), [new FitsIntegerColumn("A", null, [4]), new FitsIntegerColumn("B", null, [4])], Cards(("ORDERING", "NUNIQ")));
        Assert.Contains("one column with one number in a row, but it has 2 columns", Assert.Throws<FitsException>(() => MocFits.Read(_folder.File("two.fits"))).Message);
        FitsWriter.WriteTable(_folder.File("real.fits"), [new FitsDoubleColumn("A", null, [4])], Cards(("ORDERING", "NUNIQ")));
        Assert.Contains("should hold whole numbers", Assert.Throws<FitsException>(() => MocFits.Read(_folder.File("real.fits"))).Message);
        FitsWriter.WriteImage(_folder.File("image.fits"), [1], 1, 1);
        Assert.Contains("holds no table", Assert.Throws<FitsException>(() => MocFits.Read(_folder.File("image.fits"))).Message);
    }

    [Fact]
    public void Cone_IsTheCellsWithin()
    {
        foreach (var (centre, radius) in new[] { (new SkyCoordinate(0, 90), 5.0), (new SkyCoordinate(90, 41.81), 3), (new SkyCoordinate(210, -33), 0), (new SkyCoordinate(359.9, 2), 40) })
        {
            var cone = Moc.Cone(centre, radius, 6);
            Assert.Equal(6, cone.Order);
            Assert.Equal(Healpix.CellsWithin(6, centre, double.DegreesToRadians(radius)), cone.CellsOverlapping(6));
            Assert.True(cone.Contains(centre));
        }
    }

    public static TheoryData<double, double, double, double> Boxes => new()
    {
        { 150, 230, 20, 60 }, { 350, 10, -5, 5 }, { 0, 360, -90, 90 }, { 0, 360, 30, 40 }, { 0, 360, 60, 90 }, { 100, 140, 70, 90 }, { 45, 315, -90, -80 },
        { 10, 300, -90, 90 }, { 89, 91, 41, 42.5 }, { -20, 20, -1, 1 }, { 30, 30, 10, 20 }, { 200, 201, 12, 12 },
    };

    [Theory]
    [MemberData(nameof(Boxes))]
    public void Box_HasEveryCellOfIt_AndHardlyAnyOther(double first, double last, double south, double north)
    {
        double width = last - first >= 360 ? 360 : Degrees.Wrap(last - first);
        bool Holds(SkyCoordinate position, double margin)
        {
            double offset = Degrees.Wrap(position.RightAscension - first + margin / Math.Max(1e-9, Math.Cos(double.DegreesToRadians(Math.Min(90, Math.Abs(position.Declination) + margin)))));
            double wide = width + 2 * margin / Math.Max(1e-9, Math.Cos(double.DegreesToRadians(Math.Min(90, Math.Abs(position.Declination) + margin))));
            return (offset <= wide || wide >= 360) && position.Declination >= south - margin && position.Declination <= north + margin;
        }
        CheckCover(Moc.Box(first, last, south, north, Order), (position, margin) => Holds(position, margin));
    }

    /// <summary>A regular polygon of many sides is a disc, at any place; a star is what its triangles and its middle are.</summary>
    [Fact]
    public void Polygon_HasEveryCellOfIt_AndHardlyAnyOther()
    {
        foreach (var centre in new SkyCoordinate[] { new(0, 90), new(0, -90), new(90, 41.81), new(0, 0), new(123, -50) })
        {
            var circle = Ring(centre, 15, 60, 0);
            double inner = 15 * Math.Cos(Math.PI / 60) - 0.01;
            CheckCover(Moc.Polygon(circle, Order), (position, margin) => centre.SeparationTo(position) <= (margin == 0 ? inner : 15 + margin));
            CheckCover(Moc.Polygon([.. circle.Reverse()], Order), (position, margin) => centre.SeparationTo(position) <= (margin == 0 ? inner : 15 + margin));

            var outer = Ring(centre, 20, 5, 0);
            var notches = Ring(centre, 8, 5, 36);
            SkyCoordinate[] star = [.. Enumerable.Range(0, 10).Select(i => i % 2 == 0 ? outer[i / 2] : notches[i / 2])];
            var parts = Enumerable.Range(0, 5).Select(i => Moc.Polygon([outer[i], notches[i], notches[(i + 4) % 5]], Order)).Aggregate(Moc.Polygon(notches, Order), (all, part) => all.Union(part));
            Assert.Equal(parts, Moc.Polygon(star, Order).Union(parts));
            Assert.InRange(Moc.Polygon(star, Order).AreaSquareDegrees / parts.AreaSquareDegrees, 0.98, 1);
            // Ten triangles with sides of 20 and 8 degrees and 36 degrees between them, 471.13 square degrees (Girard), and half of the cells along 143 degrees of border.
            Assert.InRange(Moc.Polygon(star, 9).AreaSquareDegrees, 471.13, 471.13 + 143 * Math.Sqrt(HealpixCell.AreaSquareDegrees(9)));
        }
    }

    [Fact]
    public void Polygon_OfAnOctant_IsAnEighthOfTheSky()
    {
        var octant = Moc.Polygon([new(0, 0), new(90, 0), new(0, 90)], 10);
        Assert.Equal(1.0 / 8, octant.SkyFraction, 0.0005);
        Assert.True(octant.Contains(new SkyCoordinate(45, 45)) && octant.Contains(new SkyCoordinate(1, 1)) && octant.Contains(new SkyCoordinate(80, 89)));
        Assert.False(octant.Contains(new SkyCoordinate(45, -1)) || octant.Contains(new SkyCoordinate(91, 45)) || octant.Contains(new SkyCoordinate(225, -45)));
    }

    [Fact]
    public void Regions_ThatAreNone_AreRefused()
    {
        RefusesRegion("radius of a cone should be 0 degrees or more, but it is -1", () => Moc.Cone(new(0, 0), -1, 5));
        RefusesRegion("The centre of a cone should be a position in degrees, the declination from -90 to 90, but it is 0, 91", () => Moc.Cone(new(0, 91), 1, 5));
        RefusesRegion("the southern one first, but they are 20 and 10", () => Moc.Box(0, 10, 20, 10, 5));
        RefusesRegion("right ascensions of a box should be degrees, but they are NaN and 10", () => Moc.Box(double.NaN, 10, 0, 10, 5));
        RefusesRegion("three different corners or more, but it has 2", () => Moc.Polygon([new(0, 0), new(1, 0), new(0, 0)], 5));
        RefusesRegion("Corner 2 of a polygon should be a position", () => Moc.Polygon([new(0, 0), new(double.NaN, 0), new(0, 1)], 5));
        RefusesRegion("within 90 degrees of their mean, but these 3 do not", () => Moc.Polygon([new(0, 0), new(120, 0), new(240, 0)], 5));
        var disc = new SkyDisc(new Direction(1, 0, 0), 0.5);
        Assert.Contains("more than 1000 cells of order 12 at its border; take a lower order", Assert.Throws<RadioDiffusionException>(() => HealpixCover.Overlapping(12, disc, limit: 1000)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Moc.Cone(new(0, 0), 1, 30));
    }

    private static void RefusesRegion(string expected, Func<Moc> make) => Assert.Contains(expected, Assert.Throws<RadioDiffusionException>(make).Message);

    /// <summary>Points of every cell: where one is in the region, the cell is in the MOC; a cell of the MOC has one near the region.</summary>
    private static void CheckCover(Moc moc, Func<SkyCoordinate, double, bool> isWithin)
    {
        double reach = double.RadiansToDegrees(Healpix.BoundingRadius(Order) / 2);
        foreach (var (cell, points) in _points.Value)
        {
            bool isIn = moc.Contains(cell);
            Assert.Equal(isIn, moc.Overlaps(cell));
            if (isIn ? !points.Any(point => isWithin(point, reach)) : points.Any(point => isWithin(point, 0)))
                Assert.Fail($"{cell} at {cell.Centre} is {(isIn ? "too far" : "missing")}");
        }
    }

    private static readonly Lazy<(HealpixCell Cell, SkyCoordinate[] Points)[]> _points = new(() =>
        [.. AllCells(Order).Select(cell => (cell, Enumerable.Range(0, 16).Select(i => cell.PositionAt((i % 4 + 0.01) / 3.02, (i / 4 + 0.01) / 3.02)).ToArray()))]);

    /// <summary>Positions around a centre, degrees from it.</summary>
    private static SkyCoordinate[] Ring(SkyCoordinate centre, double radius, int count, double firstAngle)
    {
        var wcs = WorldCoordinateSystem.Sin(centre, 3600, 0, 0);
        double distance = double.RadiansToDegrees(Math.Sin(double.DegreesToRadians(radius)));
        return [.. Enumerable.Range(0, count).Select(i => double.DegreesToRadians(firstAngle + 360.0 * i / count)).Select(angle => wcs.PixelToSky(distance * Math.Cos(angle), distance * Math.Sin(angle)))];
    }

    private void Refuses(long[] numbers, string expected, params (string Keyword, object Value)[] cards)
    {
        string path = _folder.File("wrong.fits");
        FitsWriter.WriteTable(path, [new FitsIntegerColumn("UNIQ", null, numbers)], Cards(cards));
        string message = Assert.Throws<FitsException>(() => MocFits.Read(path)).Message;
        Assert.StartsWith($"{path}, HDU 1", message, StringComparison.Ordinal);
        Assert.Contains(expected, message);
    }

    private static FitsHeader Cards(params (string Keyword, object Value)[] cards)
    {
        var header = new FitsHeader();
        foreach (var (keyword, value) in cards)
        {
            if (value is int number)
                header.Set(keyword, (long)number);
            else
                header.Set(keyword, (string)value);
        }
        return header;
    }

    private static HashSet<long> Pixels(Moc moc) => [.. moc.CellsOverlapping(Order).Select(cell => cell.Pixel)];

    private static IEnumerable<HealpixCell> AllCells(int order)
    {
        for (long pixel = 0; pixel < Healpix.CellCount(order); pixel++)
            yield return new HealpixCell(order, pixel);
    }

    /// <summary>Pairs of MOCs of cells of order 0 to 5, some crowded so that cells join.</summary>
    private static void Check(int tries, Action<Moc, Moc> holds)
    {
        var cell = from order in Gen.Choose(0, Order)
                   from pixel in Gen.Choose(0, (int)Healpix.CellCount(order) - 1)
                   select new HealpixCell(order, order == Order && pixel % 2 == 0 ? pixel % 300 : pixel);
        var moc = from count in Gen.Choose(0, 80)
                  from cells in Gen.ArrayOf(cell, count)
                  select Moc.FromCells(cells.Where((one, i) => one.Order > 0 || i % 8 == 0));
        var property = Prop.ForAll(moc.Two().ToArbitrary(), pair =>
        {
            holds(pair.Item1, pair.Item2);
            return true;
        });
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(tries).WithQuietOnSuccess(true).WithReplay(20240611, 1234567), property);
    }
}
