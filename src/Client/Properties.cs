using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("RadioDiffusion.Client.Tests")]
