using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RadioDiffusion.Silo.Tests")]
[assembly: InternalsVisibleTo("radiodiffusion")]
[assembly: InternalsVisibleTo("RadioDiffusion.Benchmarks")]
