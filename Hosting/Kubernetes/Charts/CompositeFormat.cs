using System.Globalization;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>A composite format string, <c>http://{0}/x</c>, as its pieces.</summary>
internal static class CompositeFormat
{
    /// <summary>Text, and the hole that follows it; null after the last text.</summary>
    public static IEnumerable<(string Literal, int? Hole)> Split(string format)
    {
        var literal = new System.Text.StringBuilder();
        for (var index = 0; index < format.Length; index++)
        {
            var character = format[index];
            if (character is '{' or '}' && index + 1 < format.Length && format[index + 1] == character)
            {
                literal.Append(character);
                index++;
            }
            else if (character == '{')
            {
                var end = format.IndexOf('}', index);
                yield return (literal.ToString(), int.Parse(format.AsSpan(index + 1, end - index - 1), CultureInfo.InvariantCulture));
                literal.Clear();
                index = end;
            }
            else
            {
                literal.Append(character);
            }
        }

        yield return (literal.ToString(), null);
    }
}
