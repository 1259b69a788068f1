using System.Xml;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Opening a VOTable so that it can do no harm, and saying where it is wrong.</summary>
internal static class VotableText
{
    /// <summary>No DTD, no entities, nothing fetched.</summary>
    public static XmlReader Open(Stream stream) => XmlReader.Create(stream, new XmlReaderSettings
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersFromEntities = 1024,
        MaxCharactersInDocument = 0,                             // streamed: a long document is only long
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CloseInput = true,
    });

    public static RadioDiffusionException Wrong(string path, XmlReader reader, string what)
    {
        var at = (IXmlLineInfo)reader;
        return new RadioDiffusionException($"{path}, line {at.LineNumber}, column {at.LinePosition}: {what}.");
    }

    /// <summary>Runs what reads XML, and says where the file stops being XML.</summary>
    public static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (XmlException error) when (error.Message.Contains("DTD", StringComparison.Ordinal))
        {
            throw new RadioDiffusionException($"{path}, line {error.LineNumber}: a VOTable should have no document type declaration (DTD), since such are not read here: delete the DOCTYPE line.", error);
        }
        catch (XmlException error)
        {
            throw new RadioDiffusionException($"{path}, line {error.LineNumber}, column {error.LinePosition}: the VOTable is no well-formed XML: {error.Message}", error);
        }
        catch (InvalidDataException error)
        {
            throw new RadioDiffusionException($"{path}: the gzip file is damaged: {error.Message}", error);
        }
    }
}
