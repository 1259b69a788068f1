using RadioDiffusion.Client;
using RadioDiffusion.ModelCore;

NativeSettings.Apply();
return await CommandLine.RunAsync(args);
