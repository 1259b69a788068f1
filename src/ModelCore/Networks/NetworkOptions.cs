using System.Text.Json.Serialization;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>What a network is for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NetworkKind>))]
public enum NetworkKind
{
    /// <summary>It removes noise, and so makes images: a U-Net.</summary>
    Denoiser,

    /// <summary>It tells the class of an image: a ResNet (paper, Sect. 5.3).</summary>
    Classifier,
}

/// <summary>The shape of a network: everything that decides which weights it has.</summary>
/// <remarks>Defaults are those of the published LOFAR model. JSON-serialisable; part of every recipe and snapshot.</remarks>
public sealed record NetworkOptions
{
    /// <summary>What the network is for. A classifier has no attention, group normalisation, embeddings or conditions, and overlooks the options of these.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public NetworkKind Kind { get; init; }

    /// <summary>Side of the images in pixels; a denoiser's must be divisible by 2^(levels - 1).</summary>
    public int ImageSize { get; init; } = 80;

    /// <summary>Image planes: 1 for total intensity.</summary>
    public int ImageChannels { get; init; } = 1;

    /// <summary>Feature channels at full resolution. The embeddings are four times as wide. Of a classifier, the channels of the first convolution; its hidden layer is four times as wide.</summary>
    public int InitialChannels { get; init; } = 128;

    /// <summary>Channels of each level, from the full resolution down, as multiples of <see cref="InitialChannels"/>.</summary>
    public IReadOnlyList<int> ChannelMultipliers { get; init; } = [1, 2, 2];

    /// <summary>Residual blocks of each level on the way down; a denoiser has one more on the way up.</summary>
    public int ResidualBlocks { get; init; } = 2;

    /// <summary>Groups of the group normalisation in residual blocks; must divide every channel count.</summary>
    public int NormGroups { get; init; } = 32;

    /// <summary>How many of the lowest levels have attention. The channels there must be multiples of 32.</summary>
    public int AttentionLevels { get; init; } = 2;

    public int AttentionHeads { get; init; } = 2;

    public int AttentionHeadChannels { get; init; } = 32;

    /// <summary>Share of features set to zero in training only: before the second convolution of each residual block, or before each fully connected layer of a classifier.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Number of classes that condition the model, 0 for none; those that a classifier tells apart.</summary>
    public int ClassCount { get; init; }

    /// <summary>Continuous values that condition the model (1: the peak flux); 0 for none.</summary>
    public int ContextDimension { get; init; } = 1;

    /// <summary>Standard deviation of the images in [-1, 1] that the preconditioning assumes (sigma_data).</summary>
    public double SigmaData { get; init; } = 0.5;

    /// <summary>Width of the noise and condition embeddings.</summary>
    internal int EmbeddingWidth => 4 * InitialChannels;

    /// <summary>
    /// The network of a preset: <c>lofar</c> (peak flux), <c>first</c> (four classes), both as published, <c>small</c> for a CPU, or
    /// <c>demo</c> for some minutes on two cores; <c>classifier</c> of four classes as in Sect. 5.3 of the paper (ResNet-18), and <c>classifier-small</c> for a CPU.
    /// </summary>
    public static NetworkOptions Preset(string name) => name switch
    {
        "lofar" => new(),
        "first" => new() { ClassCount = 4, ContextDimension = 0 },
        "small" => new() { InitialChannels = 32 },
        // One level more than published, at a side of 10 pixels, is what puts sources in the middle after few steps.
        "demo" => new() { InitialChannels = 16, ChannelMultipliers = [1, 2, 4, 4], ResidualBlocks = 1, NormGroups = 16 },
        "classifier" => new()
        {
            Kind = NetworkKind.Classifier,
            InitialChannels = 64,
            ChannelMultipliers = [1, 2, 4, 8],
            Dropout = 0.5,
            ClassCount = 4,
            ContextDimension = 0,
        },
        "classifier-small" => Preset("classifier") with { InitialChannels = 16 },
        _ => throw new RadioDiffusionException($"A network preset should be lofar, first, small, demo, classifier or classifier-small, but it is '{name}'."),
    };

    /// <exception cref="RadioDiffusionException">No network can have this shape; the message names the option.</exception>
    public void Check()
    {
        Require(Enum.IsDefined(Kind), nameof(Kind), string.Join(" or ", Enum.GetNames<NetworkKind>()), Kind);
        Require(ImageSize > 0, nameof(ImageSize), "positive", ImageSize);
        Require(ImageChannels > 0, nameof(ImageChannels), "positive", ImageChannels);
        Require(InitialChannels > 0, nameof(InitialChannels), "positive", InitialChannels);
        Require(ChannelMultipliers.Count > 0 && ChannelMultipliers.All(multiplier => multiplier > 0),
            nameof(ChannelMultipliers), "a list of positive numbers", string.Join(", ", ChannelMultipliers));
        Require(ResidualBlocks > 0, nameof(ResidualBlocks), "positive", ResidualBlocks);
        Require(Dropout is >= 0 and < 1, nameof(Dropout), "at least 0 and below 1", Dropout);
        if (Kind == NetworkKind.Classifier)
            CheckClassifier();
        else
            CheckDenoiser();
    }

    private void CheckClassifier()
    {
        Require(ClassCount >= 2, nameof(ClassCount), "2 or more for a classifier", ClassCount);
        Require(ContextDimension == 0, nameof(ContextDimension), "0 for a classifier, which knows nothing but the image", ContextDimension);
    }

    private void CheckDenoiser()
    {
        Require(ImageSize % (1 << (ChannelMultipliers.Count - 1)) == 0, nameof(ImageSize),
            $"divisible by {1 << (ChannelMultipliers.Count - 1)} for {ChannelMultipliers.Count} levels", ImageSize);
        Require(AttentionLevels >= 0 && AttentionLevels <= ChannelMultipliers.Count, nameof(AttentionLevels),
            $"0 to {ChannelMultipliers.Count}", AttentionLevels);
        Require(AttentionHeads > 0, nameof(AttentionHeads), "positive", AttentionHeads);
        Require(AttentionHeadChannels > 0, nameof(AttentionHeadChannels), "positive", AttentionHeadChannels);
        Require(ClassCount >= 0, nameof(ClassCount), "0 or more", ClassCount);
        Require(ContextDimension >= 0, nameof(ContextDimension), "0 or more", ContextDimension);
        Require(SigmaData > 0, nameof(SigmaData), "positive", SigmaData);
        Require(NormGroups > 0, nameof(NormGroups), "positive", NormGroups);
        for (int level = 0; level < ChannelMultipliers.Count; level++)
        {
            int channels = InitialChannels * ChannelMultipliers[level];
            Require(channels % NormGroups == 0, nameof(NormGroups), $"a divisor of the {channels} channels of level {level}", NormGroups);
            bool attention = HasAttention(level) || level == ChannelMultipliers.Count - 1;
            Require(!attention || channels % LinearAttention.NormGroups == 0, nameof(InitialChannels),
                $"such that level {level}, which has attention, has a multiple of {LinearAttention.NormGroups} channels", channels);
        }
    }

    internal bool HasAttention(int level) => level >= ChannelMultipliers.Count - AttentionLevels;

    private static void Require(bool condition, string option, string expected, object found)
    {
        if (!condition)
            throw new RadioDiffusionException($"Network option {option} should be {expected}, but it is {found}.");
    }
}
