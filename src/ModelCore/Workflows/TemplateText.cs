using System.Text;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>A text with ${...} in it, in its parts. $${ stands for ${ itself.</summary>
internal static class TemplateText
{
    /// <param name="Text">The text as it is, or what stands between the braces.</param>
    /// <param name="IsExpression">Whether it stood between braces.</param>
    /// <param name="Letter">Where it begins in the whole.</param>
    public readonly record struct Part(string Text, bool IsExpression, int Letter);

    /// <param name="text">The whole.</param>
    /// <param name="unclosed">Where a ${ without } begins; -1 for none.</param>
    public static List<Part> Split(string text, out int unclosed)
    {
        unclosed = -1;
        var parts = new List<Part>();
        var literal = new StringBuilder();
        int i = 0, literalFrom = 0;
        while (i < text.Length)
        {
            if (text.AsSpan(i).StartsWith("$${"))
            {
                literal.Append("${");
                i += 3;
            }
            else if (text.AsSpan(i).StartsWith("${"))
            {
                int end = text.IndexOf('}', i);
                if (end < 0)
                {
                    unclosed = i;
                    return parts;
                }
                if (literal.Length > 0)
                    parts.Add(new Part(literal.ToString(), false, literalFrom));
                literal.Clear();
                parts.Add(new Part(text[(i + 2)..end].Trim(), true, i));
                literalFrom = i = end + 1;
            }
            else
            {
                literal.Append(text[i++]);
            }
        }
        if (literal.Length > 0)
            parts.Add(new Part(literal.ToString(), false, literalFrom));
        return parts;
    }
}
