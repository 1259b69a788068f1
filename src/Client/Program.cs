using RadioDiffusion.Client;

return await CommandLine.RunAsync(args);
