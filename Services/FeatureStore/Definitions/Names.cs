using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace CloudNativeAi.FeatureStore.Definitions;

/// <summary>What entities, views, services, features and labels may be called: they become keys, columns and metric tags.</summary>
internal static partial class Names
{
    [GeneratedRegex("^[a-z][a-z0-9_]{0,62}$")]
    private static partial Regex Pattern();

    public static bool Check(string name, YamlNode node, string kind, DefinitionErrors errors)
    {
        if (Pattern().IsMatch(name))
        {
            return true;
        }

        errors.Add(node, $"The {kind} name '{name}' is not allowed: 1 to 63 lower-case letters, digits and '_', first a letter.");
        return false;
    }

    public static bool TryParseType(string text, out ValueType type)
    {
        type = text switch
        {
            "string" => ValueType.String,
            "int64" => ValueType.Int64,
            "double" => ValueType.Double,
            "bool" => ValueType.Bool,
            "timestamp" => ValueType.Timestamp,
            _ => ValueType.Unspecified,
        };
        return type != ValueType.Unspecified;
    }

    public static string TypeName(ValueType type) => type switch
    {
        ValueType.String => "string",
        ValueType.Int64 => "int64",
        ValueType.Double => "double",
        ValueType.Bool => "bool",
        ValueType.Timestamp => "timestamp",
        _ => "unspecified",
    };
}
