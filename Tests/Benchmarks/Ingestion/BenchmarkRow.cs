using System.Globalization;
using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using Google.Protobuf;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Benchmarks.Ingestion;

/// <summary>One departure of a flight, about as large as a real one.</summary>
internal sealed record BenchmarkRow(string Id, long EventMicros, byte[] Payload)
{
    private const long FirstMicros = 1_388_534_400_000_000;

    public static readonly Source Source = new()
    {
        Name = "departures",
        EventIdField = "flight_id",
        EventTimestampField = "departed",
        Fields =
        {
            new SourceField { Name = "flight_id", Type = ValueType.String },
            new SourceField { Name = "departed", Type = ValueType.Timestamp },
            new SourceField { Name = "carrier", Type = ValueType.String },
            new SourceField { Name = "tailnum", Type = ValueType.String, Nullable = true },
            new SourceField { Name = "origin", Type = ValueType.String },
            new SourceField { Name = "dest", Type = ValueType.String },
            new SourceField { Name = "distance", Type = ValueType.Int64, Minimum = 0 },
            new SourceField { Name = "dep_delay", Type = ValueType.Double, Nullable = true },
        },
    };

    public static BenchmarkRow Create(int number)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"AS{number % 900:D3}-2014-{number:D9}");
        var micros = FirstMicros + (number * 1_000_000L);
        var payload = string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"flight_id":"{{id}}","departed":{{micros}},"carrier":"AS","tailnum":"N{{number % 997:D3}}AS","origin":"SEA","dest":"PDX","distance":{{number % 2_500}},"dep_delay":{{(number % 400) - 20}}.5}""");
        return new BenchmarkRow(id, micros, Encoding.UTF8.GetBytes(payload));
    }

    public Event ToEvent() => new() { Payload = UnsafeByteOperations.UnsafeWrap(Payload) };
}
