namespace RadioDiffusion.ModelCore.Training;

/// <summary>Images to train on, with the condition of each.</summary>
public interface ITrainingData
{
    int Count { get; }

    /// <summary>Side of the square images in pixels.</summary>
    int ImageSize { get; }

    /// <summary>Channels of each image, such as frequencies.</summary>
    int ImageChannels => 1;

    /// <summary>Continuous values that each image is conditioned on; 0 for none.</summary>
    int ContextDimension { get; }

    /// <summary>What these values are; null where they are the peak flux of the published models, or nothing.</summary>
    IReadOnlyList<ConditionDescription>? Conditions => null;

    /// <summary>Number of classes, 0 without labels.</summary>
    int ClassCount { get; }

    /// <summary>Whether training draws each class equally often, whatever its size.</summary>
    bool BalancesClasses => false;

    /// <summary>Images that are kept for validation, whatever share the training would keep itself; null to let it choose.</summary>
    IReadOnlyList<int>? HeldOut => null;

    /// <summary>Side of the images with the margin that lets them be turned by any angle; <see cref="ImageSize"/> without one.</summary>
    int StoredSize => ImageSize;

    /// <summary>Raw pixels, 0 or more, channel by channel and row by row: channels times side times side values.</summary>
    ReadOnlySpan<float> Image(int index);

    /// <summary>The same with the margin: channels times stored size times stored size values.</summary>
    ReadOnlySpan<float> StoredImage(int index) => Image(index);

    /// <summary>The values, transformed and standardised: <see cref="ContextDimension"/> of them.</summary>
    ReadOnlySpan<float> Context(int index);

    /// <summary>The class, from 0.</summary>
    int Label(int index);
}
