using System.Text;

namespace Aspire.Hosting.Projects;

/// <summary>Splits a command line written as one string, as launch profiles have it.</summary>
internal static class CommandLine
{
    public static IReadOnlyList<string> Split(string text)
    {
        var arguments = new List<string>();
        var current = new StringBuilder();
        var isQuoted = false;
        var hasArgument = false;

        for (var index = 0; index < text.Length; index++)
        {
            var character = text[index];
            if (character == '\\' && index + 1 < text.Length && text[index + 1] == '"')
            {
                current.Append('"');
                index++;
                hasArgument = true;
            }
            else if (character == '"')
            {
                isQuoted = !isQuoted;
                hasArgument = true;
            }
            else if (char.IsWhiteSpace(character) && !isQuoted)
            {
                Flush();
            }
            else
            {
                current.Append(character);
                hasArgument = true;
            }
        }

        Flush();
        return arguments;

        void Flush()
        {
            if (hasArgument)
            {
                arguments.Add(current.ToString());
                current.Clear();
                hasArgument = false;
            }
        }
    }
}
