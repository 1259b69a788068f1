using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RadioDiffusion.Silo.Tests")]
