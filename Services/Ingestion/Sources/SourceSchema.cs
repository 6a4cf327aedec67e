using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using CloudNativeAi.Contracts.Ingestion;

namespace CloudNativeAi.Ingestion.Sources;

/// <summary>One version of a source's definition, ready for validating rows.</summary>
internal sealed class SourceSchema
{
    private readonly FrozenDictionary<string, int> _indexes;

    public SourceSchema(int sourceId, int version, Source definition)
    {
        SourceId = sourceId;
        Version = version;
        Definition = definition;
        Fields = [.. definition.Fields.Select(field => new SchemaField(field))];
        _indexes = Fields.Select((field, index) => (field.Name, index)).ToFrozenDictionary(pair => pair.Name, pair => pair.index, StringComparer.Ordinal);
        EventIdField = IndexOf(definition.EventIdField);
        EventTimestampField = IndexOf(definition.EventTimestampField);
    }

    public int SourceId { get; }

    public int Version { get; }

    public Source Definition { get; }

    public string Name => Definition.Name;

    public SchemaField[] Fields { get; }

    /// <summary>Index of the field that identifies an event; -1: none.</summary>
    public int EventIdField { get; }

    /// <summary>Index of the field that says when the event was true; -1: none.</summary>
    public int EventTimestampField { get; }

    public bool IsLive => Definition.Availability == Availability.Live;

    public int IndexOf(string name) => name.Length > 0 && _indexes.TryGetValue(name, out var index) ? index : -1;

    /// <summary>The field that the reader's property name means; -1: none. Clients send fields in one order: look at the expected one first.</summary>
    public int IndexOf(ref Utf8JsonReader propertyName, int expected)
    {
        if (propertyName.ValueIsEscaped)
        {
            return IndexOf(propertyName.GetString()!);
        }

        var name = propertyName.ValueSpan;
        for (var step = 0; step < Fields.Length; step++)
        {
            var index = expected + step;
            index = index >= Fields.Length ? index - Fields.Length : index;
            if (name.SequenceEqual(Fields[index].Utf8Name))
            {
                return index;
            }
        }

        return -1;
    }
}

internal sealed class SchemaField(SourceField field)
{
    public string Name { get; } = field.Name;

    public byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(field.Name);

    public Contracts.Common.ValueType Type { get; } = field.Type;

    public bool Nullable { get; } = field.Nullable;

    public double Minimum { get; } = field.HasMinimum ? field.Minimum : double.NegativeInfinity;

    public double Maximum { get; } = field.HasMaximum ? field.Maximum : double.PositiveInfinity;

    public bool PersonalData { get; } = field.PersonalData;

    /// <summary>Null: any text.</summary>
    public TextConstraint? Text { get; } = TextConstraint.Of(field);

    public bool Allows(double number) => number >= Minimum && number <= Maximum;
}
