using System.Text;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Tests.Artifacts;

public class NpyFileTests
{
    /// <summary>NumPy 1.24.2: <c>np.save(f, np.arange(6, dtype='&lt;f4').reshape(2, 3))</c>, in base64.</summary>
    private const string OfNumPy =
        "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAACAPwAAAEAAAEBAAACAQAAAoEA=";

    [Fact]
    public void Write_TwoAxes_IsTheFileOfNumPy() => Assert.Equal(Convert.FromBase64String(OfNumPy), NpyFile.Write([0, 1, 2, 3, 4, 5], 2, 3));

    [Fact]
    public void Write_OneAxis_HasTheCommaOfATupleOfOne() =>
        Assert.StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } ", Encoding.ASCII.GetString(NpyFile.Write([0, 1, 2], 3), 10, 60), StringComparison.Ordinal);
}
