using System.Net;
using System.Xml.Linq;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Silo.Tests;

/// <summary>What programs of the Virtual Observatory ask for: cone search and image discovery.</summary>
public sealed partial class SkiesApiTests
{
    private static readonly XNamespace _votable = "http://www.ivoa.net/xml/VOTable/v1.3";

    [Fact]
    public async Task ConeSearch_HasTheSourcesOfTheCircle_WithTheColumnsOfTheStandard()
    {
        var entry = await service.Grains.Sky("cone").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse }, Token);
        var expected = new SkyCatalogue(SkyRecipe.Parse(entry.Recipe)).Within(new SkyCoordinate(45, -2), 1);
        var (status, answer) = await VotableAsync("/api/v1/skies/cone/conesearch?RA=45&DEC=-2&SR=1&VERB=3");
        Assert.Equal(HttpStatusCode.OK, status);
        var fields = answer.Descendants(_votable + "FIELD").ToList();
        foreach (string ucd in (string[])["ID_MAIN", "POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN"])
            Assert.Single(fields, field => (string?)field.Attribute("ucd") == ucd);
        Assert.Equal(9, fields.Count);
        Assert.Equal(expected.OrderByDescending(source => source.Flux).Select(source => SkySourceId.Unpack(source.Id).ToString()), answer.Descendants(_votable + "TR").Select(row => row.Elements().First().Value));

        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("cone.vot"), await service.Http.GetByteArrayAsync("/api/v1/skies/cone/conesearch?ra=45&dec=-2&sr=1&verb=1&minFlux=100", Token), Token);
        using var reader = CatalogueReader.Open(folder.File("cone.vot"));
        Assert.Equal(["name", "ra", "dec"], reader.Columns.Select(column => column.Name));

        var (_, none) = await VotableAsync("/api/v1/skies/cone/conesearch?RA=45&DEC=-2&SR=0");
        Assert.Equal((6, 0), (none.Descendants(_votable + "FIELD").Count(), none.Descendants(_votable + "TR").Count()));
    }

    [Theory]
    [InlineData("cone-wrong/conesearch?RA=45&DEC=-2", "SR")]
    [InlineData("cone-wrong/conesearch?RA=x&DEC=-2&SR=1", "RA")]
    [InlineData("cone-wrong/conesearch?RA=45&DEC=-95&SR=1", "dec from -90")]
    [InlineData("cone-wrong/conesearch?RA=45&DEC=-2&SR=90", "radius")]
    [InlineData("cone-wrong/conesearch?RA=45&DEC=-2&SR=1&VERB=7", "VERB")]
    [InlineData("cone-none/conesearch?RA=45&DEC=-2&SR=1", "no sky 'cone-none'")]
    public async Task ConeSearch_ThatCannotBe_SaysSoInAVotable(string query, string said)
    {
        await service.Grains.Sky("cone-wrong").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse }, Token);
        var (status, answer) = await VotableAsync($"/api/v1/skies/{query}");
        Assert.Equal(HttpStatusCode.OK, status);
        var info = Assert.Single(answer.Descendants(_votable + "INFO"), info => (string?)info.Attribute("name") == "Error");
        Assert.Contains(said, (string)info.Attribute("value")!, StringComparison.Ordinal);
        Assert.Empty(answer.Descendants(_votable + "TABLE"));
    }

    [Fact]
    public async Task ImageDiscovery_NamesCutoutsThatAreThere()
    {
        await service.Grains.Sky("here").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse, Area = SkyArea.Cone(new SkyCoordinate(100, 30), 2) }, Token);
        var rows = await ImagesAsync("POS=CIRCLE 100 30 0.5");
        var here = Assert.Single(rows, row => row["obs_id"] == "here");
        Assert.Equal(("image", "application/fits", "/I/"), (here["dataproduct_type"], here["access_format"], here["pol_states"]));
        Assert.InRange(double.Parse(here["s_fov"], System.Globalization.CultureInfo.InvariantCulture), 1, 1.1);
        Assert.InRange(double.Parse(here["em_min"], System.Globalization.CultureInfo.InvariantCulture), 1.78, 1.79);
        using var cutout = await service.Http.GetAsync(here["access_url"], Token);
        Assert.Equal(HttpStatusCode.OK, cutout.StatusCode);
        Assert.Equal("application/fits", cutout.Content.Headers.ContentType!.MediaType);

        Assert.DoesNotContain(await ImagesAsync("POS=CIRCLE 200 30 0.5"), row => row["obs_id"] == "here");
        foreach (string found in (string[])["", "POS=RANGE 99 101 29 +Inf", "POS=POLYGON 99 29 101 29 100 31", "POS=CIRCLE 100 30 0.5&BAND=2.0", "BAND=-Inf 1.8", "POL=I", "COLLECTION=RadioDiffusion", "FOV=0.1 +Inf", "CALIB=4", "POS=CIRCLE 5 5 1&POS=CIRCLE 100 30 1"])
            Assert.Contains(await ImagesAsync(found), row => row["obs_id"] == "here");
        foreach (string absent in (string[])["BAND=0.2", "POL=V", "TIME=55000 56000", "COLLECTION=NVSS", "SPATRES=-Inf 50", "FORMAT=image/png", "DPTYPE=cube"])
            Assert.Empty(await ImagesAsync(absent));

        var (_, none) = await VotableAsync("/api/v1/skies/sia2/query?MAXREC=0");
        Assert.Equal(30, none.Descendants(_votable + "FIELD").Count());
        Assert.Equal(["OK", "OVERFLOW"], none.Descendants(_votable + "INFO").Where(info => (string?)info.Attribute("name") == "QUERY_STATUS").Select(info => (string?)info.Attribute("value")));
        foreach (string wrong in (string[])["POS=CIRCLE 100 30", "POS=SQUARE 1 2 3", "BAND=red", "MAXREC=-1", "RESPONSEFORMAT=csv", "POS=CIRCLE 100 95 1"])
        {
            var (status, answer) = await VotableAsync($"/api/v1/skies/sia2/query?{wrong}");
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Equal("ERROR", (string?)Assert.Single(answer.Descendants(_votable + "INFO")).Attribute("value"));
        }
        Assert.Contains("true", await service.Http.GetStringAsync("/api/v1/skies/sia2/availability", Token), StringComparison.Ordinal);
        Assert.Contains("SIA#query-2.0", await service.Http.GetStringAsync("/api/v1/skies/sia2/capabilities", Token), StringComparison.Ordinal);
    }

    private async Task<List<Dictionary<string, string>>> ImagesAsync(string query)
    {
        var (status, answer) = await VotableAsync($"/api/v1/skies/sia2/query?{query.Replace("+", "%2B", StringComparison.Ordinal)}");
        Assert.Equal(HttpStatusCode.OK, status);
        string[] names = [.. answer.Descendants(_votable + "FIELD").Select(field => (string)field.Attribute("name")!)];
        return [.. answer.Descendants(_votable + "TR").Select(row => names.Zip(row.Elements(), (name, cell) => (name, cell.Value)).ToDictionary(pair => pair.name, pair => pair.Value))];
    }

    private async Task<(HttpStatusCode Status, XDocument Answer)> VotableAsync(string path)
    {
        using var answer = await service.Http.GetAsync(path, Token);
        Assert.Equal("application/x-votable+xml", answer.Content.Headers.ContentType!.MediaType);
        return (answer.StatusCode, XDocument.Parse(await answer.Content.ReadAsStringAsync(Token)));
    }
}
