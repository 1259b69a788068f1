using System.CommandLine;

namespace RadioDiffusion.Client;

/// <summary>The end of standard input as a wish to end.</summary>
internal static class InputEnd
{
    /// <summary>The action, cancelled at the end of standard input too if --until-input-ends is given.</summary>
    public static Func<ParseResult, Output, CancellationToken, Task<int>> Minding(Func<ParseResult, Output, CancellationToken, Task<int>> action) =>
        async (parsed, output, cancellationToken) =>
        {
            if (!parsed.GetValue(CommonOptions.UntilInputEnds))
                return await action(parsed, output, cancellationToken);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _ = CancelAtEndAsync(end);
            return await action(parsed, output, end.Token);
        };

    private static async Task CancelAtEndAsync(CancellationTokenSource end)
    {
        await using var input = Console.OpenStandardInput();
        byte[] ignored = new byte[256];
        while (await input.ReadAsync(ignored) > 0)
        {
        }
        try
        {
            await end.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The command was done already.
        }
    }
}
