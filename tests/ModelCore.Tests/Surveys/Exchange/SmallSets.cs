using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Exchange;
using SkiaSharp;

namespace RadioDiffusion.ModelCore.Tests.Surveys.Exchange;

/// <summary>Small image sets on disk.</summary>
internal static class SmallSets
{
    public static TrainingSetReader Import(string path, string directory, out IReadOnlyList<string> problems, DatasetImportOptions? options = null)
    {
        Directory.CreateDirectory(directory);
        using var source = ImageSources.Open(path, ImageSetFormat.Auto, directory);
        (_, problems) = DatasetImport.Write(directory, source, options ?? new DatasetImportOptions());
        return TrainingSetReader.Open(directory);
    }

    /// <summary>A blob in each image, the brighter the later.</summary>
    public static string WriteHdf5(string path, int count, int side)
    {
        float[,,] images = new float[count, side, side];
        for (int i = 0; i < count; i++)
        {
            for (int pixel = 0; pixel < side * side; pixel++)
                images[i, pixel / side, pixel % side] = Blob(i, pixel / side, pixel % side, side);
        }
        new PureHDF.H5File { ["images"] = images }.Write(path);
        return path;
    }

    public static float Blob(int index, int row, int column, int side) =>
        (float)((1 + index) * Math.Exp(-(Math.Pow(row - side / 2.0 + index % 3, 2) + Math.Pow(column - side / 2.0, 2)) / 4));

    /// <summary>A grey picture whose pixels are given by row and column.</summary>
    public static void WritePicture(string path, int width, int height, Func<int, int, byte> grey, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Gray8, SKAlphaType.Opaque));
        for (int row = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++)
                bitmap.GetPixelSpan()[row * bitmap.RowBytes + column] = grey(row, column);
        }
        using var data = bitmap.Encode(format, 100);
        File.WriteAllBytes(path, data.ToArray());
    }
}
