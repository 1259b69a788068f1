using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RadioDiffusion.Grains.Tests")]
[assembly: InternalsVisibleTo("RadioDiffusion.Benchmarks")]
