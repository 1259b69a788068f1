using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RadioDiffusion.ModelCore.Tests")]
[assembly: InternalsVisibleTo("RadioDiffusion.Benchmarks")]
