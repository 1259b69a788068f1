namespace RadioDiffusion.ModelCore.Sky;

/// <summary>How an image is read between its pixels.</summary>
public enum Interpolation
{
    /// <summary>The value of the nearest pixel: for masks.</summary>
    Nearest,

    /// <summary>Linear in both directions, 2 x 2 pixels: makes no value beyond those of the image, but lowers narrow peaks.</summary>
    Bilinear,

    /// <summary>Cubic convolution, 4 x 4 pixels (Keys 1981, IEEE Trans. ASSP 29, 1153, with a = -1/2).</summary>
    Bicubic,

    /// <summary>
    /// Windowed sinc, 6 x 6 pixels (Duchon 1979, J. Appl. Meteor. 18, 1016): keeps peaks and noise best, moves a source by up to 0.02 pixels, and rings
    /// by some per cent at edges sharper than the beam.
    /// </summary>
    Lanczos3,
}
