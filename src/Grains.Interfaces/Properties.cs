using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RadioDiffusion.Grains.Interfaces.Tests")]
[assembly: InternalsVisibleTo("RadioDiffusion.Benchmarks")]
