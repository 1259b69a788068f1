using System.Globalization;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>Whether a target belongs to a study: comparisons (== != &lt; &lt;= &gt; &gt;=) of words and numbers, joined by 'and', 'or', 'not' and parentheses.</summary>
internal static class Condition
{
    /// <param name="text">The condition, with its properties filled in.</param>
    /// <exception cref="FormatException">It is none; the message says what is wrong.</exception>
    public static bool Holds(string text)
    {
        var words = new Queue<string>(Words(text));
        bool value = Or(words);
        return words.Count == 0 ? value : throw new FormatException($"'{words.Peek()}' is not expected there");
    }

    private static bool Or(Queue<string> words)
    {
        bool value = And(words);
        while (TryTake(words, "or"))
            value |= And(words);
        return value;
    }

    private static bool And(Queue<string> words)
    {
        bool value = Not(words);
        while (TryTake(words, "and"))
            value &= Not(words);
        return value;
    }

    private static bool Not(Queue<string> words)
    {
        if (TryTake(words, "not"))
            return !Not(words);
        if (!TryTake(words, "("))
            return Comparison(words);
        bool value = Or(words);
        return TryTake(words, ")") ? value : throw new FormatException("a ')' is missing");
    }

    private static bool Comparison(Queue<string> words)
    {
        string left = Operand(words);
        if (!words.TryPeek(out string? sign) || sign is not ("==" or "!=" or "<" or "<=" or ">" or ">="))
        {
            return left switch
            {
                "true" => true,
                "false" => false,
                _ => throw new FormatException($"'{left}' is neither true nor false, and is not compared with anything (==, !=, <, <=, >, >=)"),
            };
        }
        words.Dequeue();
        string right = Operand(words);
        bool numbers = double.TryParse(left, NumberStyles.Float, CultureInfo.InvariantCulture, out double a) & double.TryParse(right, NumberStyles.Float, CultureInfo.InvariantCulture, out double b);
        if (!numbers && sign is not ("==" or "!="))
            throw new FormatException($"'{left}' and '{right}' are no numbers, which {sign} compares");
        return sign switch
        {
            "==" => numbers ? a == b : left == right,
            "!=" => numbers ? a != b : left != right,
            "<" => a < b,
            "<=" => a <= b,
            ">" => a > b,
            _ => a >= b,
        };
    }

    private static string Operand(Queue<string> words)
    {
        if (!words.TryDequeue(out string? word))
            throw new FormatException("it ends too early");
        if (word is "(" or ")" or "and" or "or" or "==" or "!=" or "<" or "<=" or ">" or ">=")
            throw new FormatException($"a value is expected instead of '{word}'");
        return word.Length >= 2 && word[0] is '\'' or '"' ? word[1..^1] : word;
    }

    private static bool TryTake(Queue<string> words, string word) => words.TryPeek(out string? next) && next == word && words.TryDequeue(out _);

    private static IEnumerable<string> Words(string text)
    {
        int i = 0;
        while (i < text.Length)
        {
            char letter = text[i];
            if (char.IsWhiteSpace(letter))
            {
                i++;
                continue;
            }
            int from = i;
            if (letter is '(' or ')')
            {
                i++;
            }
            else if (letter is '=' or '!' or '<' or '>')
            {
                i += i + 1 < text.Length && text[i + 1] == '=' ? 2 : 1;
            }
            else if (letter is '\'' or '"')
            {
                int end = text.IndexOf(letter, i + 1);
                i = end < 0 ? throw new FormatException($"the quote {letter} is not closed") : end + 1;
            }
            else
            {
                while (i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] is not ('(' or ')' or '=' or '!' or '<' or '>'))
                    i++;
            }
            yield return text[from..i];
        }
    }
}
