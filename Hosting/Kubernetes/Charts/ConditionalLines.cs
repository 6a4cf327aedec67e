using System.Text.RegularExpressions;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>
/// What of a document depends on values: items of a list marked with a <see cref="ChartCondition"/>, members whose expression defaults to
/// nothing, and the user and groups that OpenShift assigns itself.
/// </summary>
internal static partial class ConditionalLines
{
    private const string OpenShift = "openshift.enabled";

    public static string Apply(string yaml, ChartValues values)
    {
        var lines = new List<string>(yaml.TrimEnd('\n').Split('\n'));
        WrapItems(lines, values);
        lines = [.. string.Join('\n', lines).Split('\n')];
        for (var index = 0; index < lines.Count; index++)
        {
            var line = lines[index];
            if (AssignedByOpenShift().IsMatch(line))
            {
                lines[index] = Wrap([line], ChartCondition.Parse("!" + OpenShift, values));
            }
            else if (OptionalMember().Match(line) is { Success: true } match)
            {
                values.Add(match.Groups["path"].Value.Replace(")", "", StringComparison.Ordinal).TrimStart('.'), "");
                lines[index] = $"{{{{- with {match.Groups["read"].Value} }}}}\n{match.Groups["member"].Value}{{{{ . | quote }}}}\n{ChartCondition.Close}";
            }
        }

        return string.Join('\n', lines) + "\n";
    }

    private static void WrapItems(List<string> lines, ChartValues values)
    {
        for (var index = 0; index < lines.Count; index++)
        {
            if (Marker().Match(lines[index]) is { Success: true } match)
            {
                WrapList(lines, index, match.Groups["indent"].Value, values);
            }
        }
    }

    private static void WrapList(List<string> lines, int marked, string indent, ChartValues values)
    {
        var key = lines.FindLastIndex(marked, line => IndentOf(line) < indent.Length);
        var end = lines.FindIndex(marked, line => IndentOf(line) < indent.Length);
        end = end < 0 ? lines.Count : end;

        var items = new List<List<string>>();
        foreach (var line in lines[(key + 1)..end])
        {
            if (line.StartsWith(indent + "- ", StringComparison.Ordinal))
            {
                items.Add([]);
            }

            items[^1].Add(line);
        }

        var conditions = items.Select(item => Marker().Match(item[0]))
            .Select(match => match.Success ? ChartCondition.Parse(match.Groups["condition"].Value, values) : null)
            .ToList();
        var text = items.Zip(conditions, (item, condition) => condition is null ? string.Join('\n', item)
            : Wrap([$"{indent}- {item[1].TrimStart()}", .. item[2..]], condition)).Prepend(lines[key]);

        // A list of nothing is not valid: when every item may go, the key goes with the last of them.
        var all = conditions.OfType<ChartCondition>().Distinct().Select(condition => $"({condition.Expression})").ToList();
        var wrapped = conditions.Contains(null) ? string.Join('\n', text)
            : Wrap(text, new ChartCondition($"or {string.Join(' ', all)}"));
        lines.RemoveRange(key, end - key);
        lines.Insert(key, wrapped);
    }

    private static int IndentOf(string line) => line.Length - line.TrimStart().Length;

    private static string Wrap(IEnumerable<string> lines, ChartCondition condition) =>
        $"{condition.Open}\n{string.Join('\n', lines)}\n{ChartCondition.Close}";

    [GeneratedRegex(@"^(?<indent> *)- ['""]#when['""]: ""(?<condition>.*)""$")]
    private static partial Regex Marker();

    [GeneratedRegex(@"^ *(runAsUser|runAsGroup|fsGroup): \d+$")]
    private static partial Regex AssignedByOpenShift();

    // name: "{{ (.Values.storage).class | default `` }}"
    [GeneratedRegex(@"^(?<member> *[\w.-]+: )""\{\{ (?<read>\(*\.Values(?<path>(\)*\.\w+)+)) \| default `` \}\}""$")]
    private static partial Regex OptionalMember();
}
