using CloudNativeAi.Contracts.Ingestion;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Sources;

/// <summary>A source's definition as HTTP has it.</summary>
/// <param name="EventIdField">Null: clients send ids themselves.</param>
/// <param name="EventTimestampField">Null: clients send timestamps themselves.</param>
/// <param name="AvailabilityDelayMicros">With backfilled: an event counts as known this long after its event timestamp.</param>
internal sealed record SourceDocument(
    IReadOnlyList<SourceFieldDocument>? Fields,
    string? Description = null,
    string? EventIdField = null,
    string? EventTimestampField = null,
    Availability Availability = Availability.Live,
    long AvailabilityDelayMicros = 0)
{
    public static SourceDocument From(Source source) => new(
        [.. source.Fields.Select(SourceFieldDocument.From)],
        source.Description,
        source.EventIdField.Length > 0 ? source.EventIdField : null,
        source.EventTimestampField.Length > 0 ? source.EventTimestampField : null,
        source.Availability,
        source.AvailabilityDelayMicros);

    public Source ToSource(string name) => new()
    {
        Name = name,
        Description = Description ?? "",
        Fields = { (Fields ?? []).Select(field => field.ToField()) },
        EventIdField = EventIdField ?? "",
        EventTimestampField = EventTimestampField ?? "",
        Availability = Availability,
        AvailabilityDelayMicros = AvailabilityDelayMicros,
    };
}

/// <param name="Minimum">Inclusive.</param>
/// <param name="Maximum">Inclusive.</param>
/// <param name="PersonalData">Values are kept out of error messages.</param>
/// <param name="Pattern">A regular expression that strings match as a whole; null: any.</param>
/// <param name="AllowedValues">What strings may be; null: anything.</param>
internal sealed record SourceFieldDocument(
    string? Name,
    ValueType Type,
    bool Nullable = false,
    string? Description = null,
    string? Unit = null,
    double? Minimum = null,
    double? Maximum = null,
    bool PersonalData = false,
    string? Pattern = null,
    IReadOnlyList<string>? AllowedValues = null)
{
    public static SourceFieldDocument From(SourceField field) => new(
        field.Name,
        field.Type,
        field.Nullable,
        field.Description,
        field.Unit,
        field.HasMinimum ? field.Minimum : null,
        field.HasMaximum ? field.Maximum : null,
        field.PersonalData,
        field.Pattern.Length > 0 ? field.Pattern : null,
        field.AllowedValues.Count > 0 ? [.. field.AllowedValues] : null);

    public SourceField ToField()
    {
        var field = new SourceField
        {
            Name = Name ?? "",
            Type = Type,
            Nullable = Nullable,
            Description = Description ?? "",
            Unit = Unit ?? "",
            PersonalData = PersonalData,
            Pattern = Pattern ?? "",
            AllowedValues = { AllowedValues ?? [] },
        };
        if (Minimum is { } minimum)
        {
            field.Minimum = minimum;
        }

        if (Maximum is { } maximum)
        {
            field.Maximum = maximum;
        }

        return field;
    }
}

/// <summary>received = accepted + duplicates + deadLetters + refused.</summary>
internal sealed record SourceStatusDocument(
    string Name,
    int Version,
    SourceDocument Definition,
    long HeadPosition,
    long OldestPosition,
    long Received,
    long Accepted,
    long Duplicates,
    long DeadLetters,
    long Refused,
    long LastEventTimestampMicros,
    long LastCreatedTimestampMicros)
{
    public static SourceStatusDocument From(SourceStatus status) => new(
        status.Source.Name,
        status.Version,
        SourceDocument.From(status.Source),
        status.HeadPosition,
        status.OldestPosition,
        status.Received,
        status.HeadPosition,
        status.Duplicates,
        status.DeadLetters,
        status.Refused,
        status.LastEventTimestampMicros,
        status.LastCreatedTimestampMicros);
}
