// A client application: fetches a sample by its ID from a silo. dotnet run -- 127.0.0.1:30000 s1_0123456789abcdef_seed=42_flux=3.5mJy_w=0.1_heun=25_f32 galaxy.fits
using System.Net;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;

if (args is not [var silo, var id, var file])
{
    Console.Error.WriteLine("Usage: SampleApp SILO ID FILE.fits");
    return 2;
}
await using var connection = await Connection.OpenAsync(IPEndPoint.Parse(silo));
var sample = await connection.Grains.FetchSampleAsync(id);
await File.WriteAllBytesAsync(file, sample.Fits!);
Console.WriteLine($"{file}: {sample.Fits!.Length} bytes");
return 0;
