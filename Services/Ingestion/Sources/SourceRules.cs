using System.Text.RegularExpressions;
using CloudNativeAi.Contracts.Ingestion;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Sources;

/// <summary>What makes a definition valid, and which changes old and new events both survive.</summary>
internal static partial class SourceRules
{
    private const int MaxFields = 500;
    private const int MaxText = 4_000;
    private const long MaxDelayMicros = 3_660L * 24 * 3600 * 1_000_000;

    /// <summary>What is wrong with the definition; null: nothing.</summary>
    public static string? FindFault(Source source)
    {
        if (!SourceName().IsMatch(source.Name))
        {
            return $"source name '{Shorten(source.Name)}': 1 to 63 lower-case letters, digits, '-' and '_', first a letter";
        }

        if (source.Fields.Count is 0 or > MaxFields)
        {
            return $"a source has 1 to {MaxFields} fields, this one has {source.Fields.Count}";
        }

        if (source.Description.Length > MaxText)
        {
            return $"the description is longer than {MaxText} characters";
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in source.Fields)
        {
            if (FindFault(field) is { } fault)
            {
                return fault;
            }

            if (!names.Add(field.Name))
            {
                return $"field '{field.Name}' is declared twice";
            }
        }

        return FindRoleFault(source, source.EventIdField, "event_id_field", ValueType.String, ValueType.Int64)
            ?? FindRoleFault(source, source.EventTimestampField, "event_timestamp_field", ValueType.Timestamp)
            ?? FindAvailabilityFault(source);
    }

    /// <summary>Why <paramref name="next"/> cannot follow <paramref name="current"/> once there are events; null: it can.</summary>
    public static string? FindIncompatibility(Source current, Source next)
    {
        var fields = next.Fields.ToDictionary(field => field.Name, StringComparer.Ordinal);
        foreach (var before in current.Fields)
        {
            if (!fields.Remove(before.Name, out var after))
            {
                return $"field '{before.Name}' cannot be removed: events in the log have it";
            }

            if (after.Type != before.Type)
            {
                return $"field '{before.Name}' cannot change its type from {before.Type} to {after.Type}";
            }

            if (before.Nullable && !after.Nullable)
            {
                return $"field '{before.Name}' cannot become non-nullable: events in the log may lack it";
            }
        }

        if (fields.Values.FirstOrDefault(field => !field.Nullable) is { } added)
        {
            return $"new field '{added.Name}' must be nullable: events in the log lack it";
        }

        if (current.EventIdField != next.EventIdField)
        {
            return $"event_id_field cannot change from '{current.EventIdField}' to '{next.EventIdField}': duplicates would no longer be found";
        }

        return current.EventTimestampField != next.EventTimestampField
            ? $"event_timestamp_field cannot change from '{current.EventTimestampField}' to '{next.EventTimestampField}'"
            : null;
    }

    private static string? FindFault(SourceField field)
    {
        if (!FieldName().IsMatch(field.Name))
        {
            return $"field name '{Shorten(field.Name)}': 1 to 63 letters, digits and '_', first not a digit";
        }

        if (field.Type is ValueType.Unspecified || !Enum.IsDefined(field.Type))
        {
            return $"field '{field.Name}' has no type";
        }

        if (field.Description.Length > MaxText || field.Unit.Length > 63)
        {
            return $"field '{field.Name}': a description has at most {MaxText} characters, a unit 63";
        }

        if ((field.HasMinimum || field.HasMaximum) && field.Type is not (ValueType.Int64 or ValueType.Double))
        {
            return $"field '{field.Name}': only numbers have bounds";
        }

        if ((field.HasMinimum && !double.IsFinite(field.Minimum)) || (field.HasMaximum && !double.IsFinite(field.Maximum)))
        {
            return $"field '{field.Name}': bounds are finite";
        }

        if (field.HasMinimum && field.HasMaximum && field.Minimum > field.Maximum)
        {
            return $"field '{field.Name}': the minimum is above the maximum";
        }

        return TextConstraint.FindFault(field) is { } fault ? $"field '{field.Name}': {fault}" : null;
    }

    private static string? FindRoleFault(Source source, string fieldName, string role, params ReadOnlySpan<ValueType> types)
    {
        if (fieldName.Length == 0)
        {
            return null;
        }

        if (source.Fields.FirstOrDefault(field => field.Name == fieldName) is not { } field)
        {
            return $"{role} '{Shorten(fieldName)}' is not a field of the source";
        }

        if (!types.Contains(field.Type))
        {
            return $"{role} '{fieldName}' must be {string.Join(" or ", types.ToArray())}, but is {field.Type}";
        }

        return field.Nullable ? $"{role} '{fieldName}' must not be nullable" : null;
    }

    private static string? FindAvailabilityFault(Source source)
    {
        if (!Enum.IsDefined(source.Availability))
        {
            return "the availability is neither LIVE nor BACKFILLED";
        }

        return source switch
        {
            { AvailabilityDelayMicros: < 0 or > MaxDelayMicros } => "availability_delay_micros is between 0 and ten years",
            { Availability: Availability.Live, AvailabilityDelayMicros: not 0 } => "availability_delay_micros belongs to BACKFILLED sources",
            _ => null,
        };
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "...";

    [GeneratedRegex(@"\A[a-z][a-z0-9_-]{0,62}\z")]
    private static partial Regex SourceName();

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]{0,62}\z")]
    private static partial Regex FieldName();
}
