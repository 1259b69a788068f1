namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>What a parameter of a target can be.</summary>
public enum ParameterType
{
    Text,
    Integer,
    Number,
    Boolean,

    /// <summary>A file or folder whose content matters, not its name; relative to the study's file.</summary>
    Path,

    /// <summary>A file or folder to write, relative to the study's file.</summary>
    Destination,

    /// <summary>A data set: of a target, or by the name that it has in the store.</summary>
    Dataset,

    /// <summary>A model: of a target, or by the name that it has in the store.</summary>
    Model,

    /// <summary>Any mapping.</summary>
    Mapping,

    Texts,
    Numbers,

    /// <summary>Names to texts.</summary>
    TextMapping,

    /// <summary>Names to files or folders whose content matters.</summary>
    PathMapping,

    /// <summary>The parts of a report, with results of targets in them.</summary>
    Parts,
}

/// <summary>A parameter of a kind of targets.</summary>
/// <param name="Name">As a study writes it.</param>
/// <param name="Type">What it can be.</param>
/// <param name="Description">For people and editors.</param>
/// <param name="IsRequired">Whether a target cannot be without.</param>
/// <param name="Choices">The texts that it can be; null for any.</param>
/// <param name="Unit">What its number is in, or its numbers are; null for none.</param>
public sealed record TargetParameter(string Name, ParameterType Type, string Description, bool IsRequired = false, IReadOnlyList<string>? Choices = null, ParameterUnit? Unit = null);

/// <summary>A kind of targets: what it does, takes and gives.</summary>
/// <param name="Name">As a study writes it.</param>
/// <param name="Description">For people and editors.</param>
/// <param name="Parameters">What it takes.</param>
/// <param name="Outputs">Results that other targets can refer to.</param>
/// <param name="AlgorithmVersion">Counted up when equal inputs give other results than before.</param>
public sealed record TargetKind(string Name, string Description, IReadOnlyList<TargetParameter> Parameters, IReadOnlyList<string> Outputs, int AlgorithmVersion = 1)
{
    public TargetParameter? Find(string name) => Parameters.FirstOrDefault(parameter => parameter.Name == name);
}

/// <summary>The kinds of targets that there are.</summary>
public static class TargetKinds
{
    /// <summary>Results of targets: the name of a data set, of a model, of a sky, the folder of an artifact, its ID.</summary>
    public const string Dataset = "dataset", Model = "model", Sky = "sky", Path = "path", Artifact = "artifact";

    private static readonly TargetParameter _seed = new("seed", ParameterType.Integer, "Seed of everything random; 42 if it is not given.");

    private static readonly TargetParameter[] _sampling =
    [
        new("count", ParameterType.Integer, "Samples of the model."),
        new("guidance", ParameterType.Number, "Guidance strength omega; what the model is made for, otherwise 0.1, and 0.75 for a model with classes."),
        new("solver", ParameterType.Text, "As in sample IDs; what the model is made for, otherwise heun."),
        new("steps", ParameterType.Integer, "Steps of the solver; what the model is made for, otherwise 25."),
        new("precision", ParameterType.Text, "f32 or bf16.", Choices: ["f32", "bf16"]),
        _seed,
    ];

    private static readonly TargetParameter[] _training =
    [
        new("dataset", ParameterType.Dataset, "What to train on.", IsRequired: true),
        new("preset", ParameterType.Text, "lofar or first (the paper's), small, demo; classifier, classifier-small. small if it is not given.", Choices: ["lofar", "first", "small", "demo", "classifier", "classifier-small"]),
        new("iterations", ParameterType.Integer, "Iterations; the preset's if not given."),
        new("batch", ParameterType.Integer, "Images per iteration; the preset's if not given."),
        new("learningRate", ParameterType.Number, "Learning rate of Adam; the preset's if not given."),
        new("checkpointEvery", ParameterType.Integer, "Iterations between checkpoints; the preset's if not given."),
        new("validateEvery", ParameterType.Integer, "Iterations between validations; the preset's if not given."),
        new("sampleGrids", ParameterType.Integer, "Grids of samples drawn at checkpoints."),
        new("workers", ParameterType.Integer, "Trainers that share every batch; 1 if it is not given."),
        new("config", ParameterType.Mapping, "What is different from the preset, as 'train start --config' takes it."),
        _seed,
    ];

    public static IReadOnlyList<TargetKind> All { get; } =
    [
        new("dataset", "A training set, cut out of mosaics (mosaics, catalogue), of images that exist already (import), or of a labelled set with generated images added (real, generated).",
        [
            new("mosaics", ParameterType.Path, "Folder of mosaics."),
            new("catalogue", ParameterType.Path, "Catalogue of the same sky."),
            new("import", ParameterType.Path, "HDF5 file, zip archive, FITS cube or folder of images, instead of mosaics and catalogue."),
            new("channels", ParameterType.PathMapping, "Further channels of the images: names, such as 1.4GHz, to folders of mosaics of the same sky at other frequencies. They come in the order of their names."),
            new("columns", ParameterType.Text, "Built-in column mapping of the catalogue."),
            new("size", ParameterType.Integer, "Side of a cut-out in pixels; 80 if it is not given."),
            new("minSnr", ParameterType.Number, "Smallest S/N_sigma that is kept; 5 if it is not given."),
            new("maxEdge", ParameterType.Number, "Largest brightness on the edge relative to the peak; 0.8 if it is not given."),
            new("minLas", ParameterType.Number, "Largest angular size must be above it, arcsec.", Unit: ParameterUnit.Arcsec),
            new("minFlux", ParameterType.Number, "Total flux must be above it, mJy.", Unit: ParameterUnit.MilliJansky),
            new("minCoverage", ParameterType.Number, "Share of a cut-out that must lie inside the mosaic; 1 if it is not given."),
            new("anyAngle", ParameterType.Boolean, "Stores cut-outs with a margin, so that training turns them by any angle."),
            new("pixelScale", ParameterType.Number, "Arcsec: resamples cut-outs onto such pixels; for imported images, what their pixels are.", Unit: ParameterUnit.Arcsec),
            new("beam", ParameterType.Number, "Arcsec: the beam of imported images.", Unit: ParameterUnit.Arcsec),
            new("centre", ParameterType.Text, "optical (as published) or catalogue.", Choices: ["optical", "catalogue"]),
            new("content", ParameterType.Text, "all, source-only or background.", Choices: ["all", "source-only", "background"]),
            new("backgrounds", ParameterType.Integer, "Places without a source in each mosaic, with content: background."),
            new("keep", ParameterType.Texts, "Columns of the catalogue that the set keeps: COLUMN or NAME=COLUMN."),
            new("format", ParameterType.Text, "Of imported images; auto if it is not given.", Choices: ["auto", "hdf5", "labelled-hdf5", "folder", "fits-cube"]),
            new("crop", ParameterType.Integer, "Side that imported images are cut to."),
            new("balance", ParameterType.Text, "Of imported images with classes.", Choices: ["none", "undersample", "undersample-first", "weights"]),
            new("splits", ParameterType.Text, "Only imported images of these splits, joined by commas."),
            new("clip", ParameterType.Number, "Clips imported images at so many sigma of the noise."),
            new("lightness", ParameterType.Boolean, "Takes the lightness of imported pictures with colours."),
            new("real", ParameterType.Dataset, "A labelled set, to which 'generated' is added for training a classifier ('augmented' of evaluate)."),
            new("generated", ParameterType.Text, "The images to add: ${targets.NAME.artifact} of a target of kind sample."),
            new("validationFraction", ParameterType.Number, "Share of 'real' that is held out, as by the training of a classifier without the generated images; that of the preset classifier if it is not given."),
            _seed,
        ], [Dataset, Artifact, Path]),
        new("train", "A training run, and the model that it ends in.",
        [
            .. _training,
            new("fromModel", ParameterType.Model, "A model whose weights training begins with."),
        ], [Model, "run", Artifact, Path]),
        new("distil", "A student that makes in few steps what its teacher makes in many.",
        [
            .. _training,
            new("teacher", ParameterType.Model, "The model that it learns from.", IsRequired: true),
            new("steps", ParameterType.Integer, "Steps that the student takes; 4 if it is not given."),
            new("guidance", ParameterType.Number, "Guidance strength of the teacher; 0.1 if it is not given."),
        ], [Model, "run", Artifact, Path]),
        new("sample", "Samples of a model as a set: fluxes drawn from those of its training set, classes in turn.",
        [
            new("model", ParameterType.Model, "The model.", IsRequired: true),
            .. _sampling,
        ], [Artifact, Path]),
        new("evaluate", "A comparison of a real set with a generated one, as 'radiodiffusion evaluate' makes it.",
        [
            new("real", ParameterType.Dataset, "The real images.", IsRequired: true),
            new("model", ParameterType.Model, "A model whose samples are compared."),
            new("generated", ParameterType.Dataset, "A data set of generated images, instead of a model."),
            .. _sampling,
            new("classifier", ParameterType.Model, "A trained classifier, for what needs one."),
            new("augmented", ParameterType.Model, "A classifier that was trained with generated images added."),
            new("guidanceTable", ParameterType.Numbers, "Guidance strengths of the table of accuracies (the paper's Table 7)."),
            new("guidanceCount", ParameterType.Integer, "Samples for each of them; 200 if it is not given."),
            new("nearest", ParameterType.Integer, "Generated images whose nearest real ones are looked for; 200 if it is not given."),
            new("publishedA50", ParameterType.Boolean, "A50 as the published search finds it."),
        ], [Artifact, Path]),
        new("sky", "A synthetic sky, and the tiles of a part of it.",
        [
            new("preset", ParameterType.Text, "lotss-dr2, lotss-deep or first; lotss-dr2 if it is not given.", Choices: ["lotss-dr2", "lotss-deep", "first"]),
            new("model", ParameterType.Model, "The model that makes the images of resolved sources; the preset's if not given."),
            new("rms", ParameterType.Number, "Noise where it is as usual, uJy per beam; here and below the preset's, or what 'config' says, if it is not given.", Unit: ParameterUnit.MicroJansky),
            new("beam", ParameterType.Number, "FWHM of the restoring beam along its longest axis, arcsec.", Unit: ParameterUnit.Arcsec),
            new("frequency", ParameterType.Number, "Frequency of the survey, MHz.", Unit: ParameterUnit.Megahertz),
            new("bandwidth", ParameterType.Number, "Bandwidth of the survey, MHz.", Unit: ParameterUnit.Megahertz),
            new("faintest", ParameterType.Number, "Flux density of the faintest sources, mJy at the survey's frequency.", Unit: ParameterUnit.MilliJansky),
            new("brightest", ParameterType.Number, "Flux density of the brightest sources, mJy at the survey's frequency.", Unit: ParameterUnit.MilliJansky),
            new("resolvedAbove", ParameterType.Number, "Sources of at least this size are images, smaller ones Gaussians; arcsec.", Unit: ParameterUnit.Arcsec),
            new("config", ParameterType.Mapping, "What is different from the preset, as 'sky create --config' takes it."),
            new("cone", ParameterType.Numbers, "What is made of it: right ascension, declination, radius, in degrees.", Unit: ParameterUnit.Degrees),
            new("area", ParameterType.Text, "What is made of it: a MOC such as 8/175123."),
            new("order", ParameterType.Integer, "HEALPix order of the tiles; the deepest if it is not given."),
            _seed,
        ], [Sky, Artifact, Path]),
        new("report", "The results of other targets on one self-contained page, section by section of a paper, with its values beside ours.",
        [
            new("title", ParameterType.Text, "Title of the page.", IsRequired: true),
            new("introduction", ParameterType.Text, "What stands below the title."),
            new("contents", ParameterType.Parts, $"The parts, one after the other: 'section' begins one; 'show' (with 'of', a target) is {string.Join(", ", ReportView.All.Select(view => $"{view.Name} ({view.Description})"))}; 'title', 'text'; 'reduced' is what is smaller than in the paper; 'paper' has names to 'value' and 'source', and to 'ours' where the part does not measure it.", IsRequired: true),
        ], [Artifact, Path]),
        new("export", "Results as files outside the store.",
        [
            new("from", ParameterType.Path, "What to copy: the result of a target, or a file in it."),
            new("dataset", ParameterType.Dataset, "A data set to write in a format of others, instead of copying."),
            new("format", ParameterType.Text, "Of the data set (hdf5 if it is not given), or of the samples that 'from' names.", Choices: ["hdf5", "labelled-hdf5", "fits-cube", "png-folder", "fits-folder"]),
            new("to", ParameterType.Destination, "Folder to write into.", IsRequired: true),
        ], [Path]),
        new("exec", "A program of the user's own. What it leaves in its working folder is the result.",
        [
            new("command", ParameterType.Texts, "The program and its arguments, each as it is: no shell reads them. 'radiodiffusion' is this program.", IsRequired: true),
            new("environment", ParameterType.TextMapping, "The environment variables that it gets, besides PATH and HOME."),
            new("inputs", ParameterType.PathMapping, "Names of files and folders that it reads: ${inputs.NAME} is where they are, and when their content changes, it runs again."),
        ], [Artifact, Path]),
    ];

    public static TargetKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);
}
