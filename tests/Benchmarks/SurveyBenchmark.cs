using System.Diagnostics;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Benchmarks;

/// <summary>Cut-outs a second from a simulated survey, measurements included, on one thread.</summary>
internal static class SurveyBenchmark
{
    public static void Run()
    {
        string folder = Directory.CreateTempSubdirectory("radiodiffusion-benchmark").FullName;
        try
        {
            var survey = SimulatedSurvey.Write(folder, new SimulatedSurveyOptions());
            var catalogue = Catalogue.Read(survey.CataloguePath);
            var mosaics = MosaicFolder.Scan(survey.MosaicDirectory, []);
            var plan = TileAssignment.Assign(catalogue, mosaics, 80);
            for (int round = 1; round <= 5; round++)
            {
                long began = Stopwatch.GetTimestamp();
                int cutouts = 0;
                foreach (var (id, rows) in plan.RowsByMosaic)
                    cutouts += CutoutExtractor.Extract(mosaics.Single(mosaic => mosaic.Id == id), [.. rows.Select(row => catalogue.Rows[row])], 80).Measurements.Count(cutout => !cutout.Problem);
                Console.WriteLine($"round {round}: {cutouts} cut-outs of 80 x 80, {cutouts / Stopwatch.GetElapsedTime(began).TotalSeconds:0} a second");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
