namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Reads and measures one cut-out after another, into the same memory.</summary>
internal interface ICutter
{
    /// <summary>What was cut last: (size, size), or (channels, size, size) if there are several, with the size as stored; Jy/beam.</summary>
    ReadOnlySpan<float> Pixels { get; }

    /// <summary>Cuts where a measurement says; returns it with what was measured.</summary>
    CutoutMeasurement Cut(CutoutMeasurement measurement);
}
