using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Training;

public class PowerFunctionProfileTests
{
    /// <summary>The values that Karras et al. (2024), Sect. 3.1, give, to the digits that they give.</summary>
    [Theory]
    [InlineData(0.05, 16.97)]
    [InlineData(0.10, 6.94)]
    public void GammaOf_TheWidthsOfThePaper_IsThePapersGamma(double sigmaRel, double gamma) =>
        Assert.Equal(gamma, PowerFunctionProfile.GammaOf(sigmaRel), 0.005);

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.15)]
    [InlineData(0.25)]
    public void GammaOf_SolvesItsEquation(double sigmaRel)
    {
        double gamma = PowerFunctionProfile.GammaOf(sigmaRel);
        Assert.Equal(sigmaRel, Math.Sqrt((gamma + 1) / ((gamma + 2) * (gamma + 2) * (gamma + 3))), 1e-14);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(double.NaN)]
    public void GammaOf_AWidthOutOfRange_SaysTheRange(double sigmaRel) =>
        Assert.Contains("0.01 to 0.25", Assert.Throws<RadioDiffusionException>(() => PowerFunctionProfile.GammaOf(sigmaRel)).Message);

    [Theory]
    [InlineData(0.05, 700, 0.1, 1000)]
    [InlineData(0.2, 1000, 0.15, 300)]
    [InlineData(0.1, 500, 0.1, 500)]
    public void InnerProduct_IsTheIntegralOfTheProduct(double oneWidth, double oneTime, double otherWidth, double otherTime)
    {
        const int Cells = 200_000;
        double end = Math.Min(oneTime, otherTime), step = end / Cells, sum = 0;
        for (int i = 0; i < Cells; i++)
            sum += step * Density(oneWidth, oneTime, (i + 0.5) * step) * Density(otherWidth, otherTime, (i + 0.5) * step);
        double found = PowerFunctionProfile.InnerProduct(new(oneWidth, oneTime), new(otherWidth, otherTime));
        Assert.Equal(1, found / sum, 1e-7);                  // the midpoint rule's error at 200,000 cells is some 1e-9
    }

    /// <summary>A step's share in the running average is exactly the profile's integral over the step.</summary>
    [Fact]
    public void Decay_StepAfterStep_LeavesEachStepTheIntegralOfItsProfile()
    {
        double gamma = PowerFunctionProfile.GammaOf(0.1);
        const int Steps = 50;
        for (int step = 1; step <= Steps; step++)
        {
            double share = 1 - PowerFunctionProfile.Decay(gamma, step);
            for (int later = step + 1; later <= Steps; later++)
                share *= PowerFunctionProfile.Decay(gamma, later);
            double integral = (Math.Pow(step, gamma + 1) - Math.Pow(step - 1, gamma + 1)) / Math.Pow(Steps, gamma + 1);
            Assert.Equal(integral, share, 1e-14);
        }
    }

    private static double Density(double width, double time, double tau)
    {
        double gamma = PowerFunctionProfile.GammaOf(width);
        return (gamma + 1) * Math.Pow(tau / time, gamma) / time;
    }
}
