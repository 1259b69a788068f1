namespace RadioDiffusion.ModelCore;

/// <summary>An error that the user can act on: the message says what and where, what was expected, what was found, and what to do.</summary>
public class RadioDiffusionException : Exception
{
    public RadioDiffusionException(string message)
        : base(message)
    {
    }

    public RadioDiffusionException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
