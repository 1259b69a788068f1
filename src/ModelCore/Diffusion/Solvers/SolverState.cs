using RadioDiffusion.ModelCore.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Diffusion.Solvers;

/// <summary>What the solvers of a batch of images remember, on the device: (N, rows, C, H, W). Each image has its own solver and its own place on its path.</summary>
internal sealed class SolverState : IDisposable
{
    private readonly long[] _shape;
    private readonly long _pixels;
    private Tensor _rows;

    /// <param name="shape">Of an image: (C, H, W).</param>
    /// <param name="device">Where the images are.</param>
    /// <param name="type">float32; float64 for proofs.</param>
    public SolverState(long[] shape, Device device, ScalarType type = ScalarType.Float32)
    {
        _shape = shape;
        _pixels = shape.Aggregate(1L, (a, b) => a * b);
        _rows = zeros([0, SolverPath.Rows, _pixels], type, device).DetachFromDisposeScope();
    }

    public int Count => (int)_rows.shape[0];

    /// <summary>Row 0 of each image, which the network is given, (N, C, H, W); a view.</summary>
    public Tensor Images => _rows.select(1, 0).reshape([Count, .. _shape]);

    /// <summary>An image joins, as the last one.</summary>
    /// <param name="rows">Its first rows; the others are zero. (rows, C, H, W), on any device.</param>
    public void Add(Tensor rows)
    {
        using var scope = NewDisposeScope();
        var given = rows.to(_rows.dtype).to(_rows.device).reshape(1, -1, _pixels);
        var others = zeros([1, SolverPath.Rows - given.shape[1], _pixels], _rows.dtype, _rows.device);
        Replace(cat([_rows, cat([given, others], 1)], 0));
    }

    /// <summary>The images at these places stay, in this order; the others leave.</summary>
    public void Keep(IReadOnlyList<int> places)
    {
        using var scope = NewDisposeScope();
        Replace(_rows.index_select(0, tensor(places.Select(place => (long)place).ToArray(), device: _rows.device)));
    }

    /// <summary>Adds fresh noise to row 0 of an image.</summary>
    public void AddNoise(int place, float[] noise)
    {
        using var scope = NewDisposeScope();
        _rows.select(0, place).select(0, 0).Increase(tensor(noise, device: _rows.device).to(_rows.dtype));
    }

    /// <summary>Each image goes on by one call.</summary>
    /// <param name="denoised">What the network made of <see cref="Images"/>, (N, C, H, W).</param>
    /// <param name="calls">The call of each image.</param>
    public void Advance(Tensor denoised, IReadOnlyList<SolverCall> calls)
    {
        using var scope = NewDisposeScope();
        double[] updates = new double[calls.Count * SolverPath.Rows * (SolverPath.Rows + 1)];
        for (int i = 0; i < calls.Count; i++)
            calls[i].Update.CopyTo(updates, i * calls[i].Update.Length);
        var factors = tensor(updates, [Count, SolverPath.Rows, SolverPath.Rows + 1]).to(_rows.dtype).to(_rows.device);
        Replace(factors.bmm(cat([_rows, denoised.to(_rows.dtype).reshape(Count, 1, _pixels)], 1)));
    }

    /// <summary>The first rows of an image.</summary>
    public float[] Read(int place, int rows)
    {
        using var scope = NewDisposeScope();
        return _rows.select(0, place).narrow(0, 0, rows).to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }

    public void Dispose() => _rows.Dispose();

    private void Replace(Tensor rows)
    {
        _rows.Dispose();
        _rows = rows.DetachFromDisposeScope();
    }
}
