namespace RadioDiffusion.ModelCore.Training;

/// <summary>Images to train on, with what conditions them.</summary>
public interface ITrainingData
{
    int Count { get; }

    /// <summary>Side of the square images in pixels.</summary>
    int ImageSize { get; }

    /// <summary>Whether <see cref="Context"/> conditions the images.</summary>
    bool HasContext { get; }

    /// <summary>Number of classes; 0 for none.</summary>
    int ClassCount { get; }

    /// <summary>(side, side), row by row, not negative, not scaled.</summary>
    ReadOnlySpan<float> Image(int index);

    /// <summary>The standardised Box-Cox transform of the peak flux.</summary>
    float Context(int index);

    /// <summary>The class, from 0.</summary>
    int Label(int index);
}
