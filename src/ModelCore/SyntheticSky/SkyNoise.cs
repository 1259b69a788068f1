using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>
/// The noise of a synthetic sky: white noise seen through the restoring beam, of unit deviation everywhere. It is convolved on the sky, so that neither pixels nor faces of the grid show, and any part of it can be
/// had alone.
/// </summary>
/// <remarks>
/// noise(x) = sum_j exp(-q_j/2) n_j / sqrt(sum_j exp(-q_j)), q_j being the squared distance of pixel j in standard deviations of the beam, up to 16. Blocks of 32 x 32 pixels have one table of weights each,
/// since the grid's shear hardly changes within; where it does (at the edges of faces, near the poles, at |sin dec| = 2/3) each distance is taken by itself.
/// </remarks>
internal sealed class SkyNoise
{
    private const int Side = WhiteNoise.BlockSide, BlockOrders = WhiteNoise.BlockOrders, TileOrders = SkySurvey.TileOrders, TileSide = 1 << TileOrders;
    private const int MostAveraged = 2;                      // orders below a tile's pixels at which the noise of low orders is made

    private readonly int _pixelOrder;
    private readonly WhiteNoise _white;
    private readonly BeamForm _beam;

    public SkyNoise(ulong seed, SkySurvey survey)
    {
        _pixelOrder = survey.PixelOrder;
        _white = new WhiteNoise(seed, _pixelOrder);
        _beam = new BeamForm(survey.BeamMajorArcsec / BeamForm.SigmasPerFwhm, (survey.BeamMinorArcsec ?? survey.BeamMajorArcsec) / BeamForm.SigmasPerFwhm, survey.BeamAngleDegrees);
    }

    /// <summary>The noise of a HiPS tile: at the centres of its pixels in the deepest order, the mean over each pixel above.</summary>
    /// <param name="order">Of the tile.</param>
    /// <param name="tile">Its HEALPix pixel.</param>
    /// <param name="pixels">(512, 512): y times 512 plus x, x to the north-east.</param>
    /// <param name="cancellationToken">Ends it between blocks.</param>
    public void Fill(int order, long tile, Span<float> pixels, CancellationToken cancellationToken)
    {
        int averaged = Math.Min(MostAveraged, _pixelOrder - TileOrders - order);
        var cell = new HealpixCell(order, tile);
        var patch = new Patch(_white, order + TileOrders + averaged, cell.Face, cell.X << (TileOrders + averaged), cell.Y << (TileOrders + averaged), TileSide << averaged, cancellationToken);
        double meant = patch.Order < _pixelOrder ? RmsOfMean(_pixelOrder - order - TileOrders) : 1;
        int rowOrders = averaged == MostAveraged ? averaged : 0;   // means of two rows would round more than they save
        float[] made = new float[Side * Side];
        int blocks = TileSide << averaged >> BlockOrders, small = Side >> averaged;
        for (int row = 0; row < blocks; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int column = 0; column < blocks; column++)
            {
                var table = new BeamTable(_beam, patch.BlockAt(column, row));
                bool isWhole = (table.IsSameAllOver || patch.Order < _pixelOrder) && patch.IsWholeAround(column, row);
                if (isWhole)
                    table.Convolve(patch, column, row, rowOrders, made);
                else
                    ConvolveApart(patch, column, row, made);
                double scale = patch.Order < _pixelOrder ? meant / table.RmsOfMean(1 << averaged) : 1;
                Average(made, averaged, 1 << (isWhole ? averaged - rowOrders : averaged), (float)scale, pixels[(row * small * TileSide + column * small)..]);
            }
        }
    }

    /// <summary>Deviation of the mean of the noise over the pixels of the deepest order in one pixel of an order above.</summary>
    /// <param name="orders">How far above.</param>
    public double RmsOfMean(int orders)
    {
        double width = Math.Sqrt(HealpixCell.AreaSquareDegrees(_pixelOrder)) * 3600, sum = 1;
        int count = 1 << orders;
        foreach (double sigma in (double[])[_beam.Major, _beam.Minor])
        {
            double along = 0;
            for (int step = 1 - count; step < count; step++)
                along += (count - Math.Abs(step)) * PortableMath.Exp(-step * step * width * width / (4 * sigma * sigma));
            sum *= along / count / count;
        }
        return Math.Sqrt(sum);
    }

    private void ConvolveApart(Patch patch, int column, int row, float[] made)
    {
        new NoiseAround(_white, _beam, patch.Order, patch.BlockAt(column, row)).Fill(made);
        if (patch.Deviation == 1)
            return;
        for (int i = 0; i < made.Length; i++)
            made[i] /= (float)patch.Deviation;
    }

    /// <param name="made">Columns of a block, and rows as far as they are no means yet.</param>
    /// <param name="orders">2^orders columns become one.</param>
    /// <param name="rows">So many rows become one.</param>
    /// <param name="scale">Factor.</param>
    /// <param name="pixels">Of a tile, from the block's first one on.</param>
    private static void Average(float[] made, int orders, int rows, float scale, Span<float> pixels)
    {
        int width = 1 << orders, small = Side >> orders;
        for (int y = 0; y < small; y++)
        {
            for (int x = 0; x < small; x++)
            {
                float sum = 0;
                for (int j = 0; j < rows; j++)
                {
                    for (int i = 0; i < width; i++)
                        sum += made[(y * rows + j) * Side + x * width + i];
                }
                pixels[y * TileSide + x] = sum * scale / (width * rows);
            }
        }
    }
}
