using System.Text;
using CloudNativeAi.Ingestion.Sources;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>Whether the first record of a CSV body names its columns.</summary>
internal enum CsvHeaderMode
{
    /// <summary>It does, unless it is plainly a row: see <see cref="CsvHeader.TryRead"/>.</summary>
    Detect,
    Present,

    /// <summary>The columns are the fields of the source, in their order.</summary>
    Absent,
}

/// <summary>The columns of a CSV body.</summary>
/// <param name="IsAbsent">The first record is a row.</param>
internal sealed record CsvHeader(CsvRows Rows, IReadOnlyList<string> Columns, bool IsAbsent)
{
    /// <summary>Reads the columns off the first record, which must be without a fault.</summary>
    /// <remarks>
    /// Detecting, the first record is a row only when there can be no doubt: no cell of it is the name of a field, and as a row in the order
    /// of the source's fields it is valid, one field at least being no text, which would take a name as well.
    /// </remarks>
    public static CsvHeader? TryRead(Upload upload, ReadOnlyMemory<byte> content, CsvRecord record, UploadQuery query, out string fault)
    {
        fault = record.Fault;
        if (fault.Length > 0)
        {
            return null;
        }

        var schema = upload.Schema;
        var names = record.Fields.Select(cell => Encoding.UTF8.GetString(content.Span.Slice(cell.Start, cell.Length)).Trim()).ToArray();
        string[] fields = [.. schema.Fields.Select(field => field.Name)];
        if (query.Header == CsvHeaderMode.Absent || (query.Header == CsvHeaderMode.Detect && IsRow(upload, content, record, names, fields, query)))
        {
            names = fields;
            return Open(schema, names, query.NullText, out fault) is { } rows ? new CsvHeader(rows, names, IsAbsent: true) : null;
        }

        return Open(schema, names, query.NullText, out fault) is { } named ? new CsvHeader(named, names, IsAbsent: false) : null;
    }

    /// <summary>Null: the columns do not fit the source.</summary>
    public static CsvRows? Open(SourceSchema schema, IReadOnlyList<string> columns, string nullText, out string fault) =>
        SourceColumns.Match(schema, columns, out fault) is { } fields ? new CsvRows(fields, Encoding.UTF8.GetBytes(nullText)) : null;

    private static bool IsRow(Upload upload, ReadOnlyMemory<byte> content, CsvRecord record, string[] names, string[] fields, UploadQuery query)
    {
        if (names.Length != fields.Length || names.Intersect(fields).Any() || upload.Schema.Fields.All(field => field.Type == ValueType.String))
        {
            return false;
        }

        using var rows = new CsvRows(upload.Schema.Fields, Encoding.UTF8.GetBytes(query.NullText));
        return upload.Accepts(rows.ToJson(content.Span, record).Span);
    }
}
