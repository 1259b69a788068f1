// Each test starts programs that take every core: side by side they only slow each other down.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(RadioDiffusion.TestSupport.WholeMachine))]
