using System.Text;
using CloudNativeAi.Ingestion.Events;
using CloudNativeAi.Ingestion.EventLog;
using CloudNativeAi.Ingestion.Sources;
using CsCheck;
using CloudNativeAi.Contracts.Ingestion;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Ingestion.Tests.Events;

public sealed class RowValidatorTests
{
    private const long Now = Flights.NewYearMicros;

    [Theory]
    [InlineData("""{"flight_id":"a","departed":"2014-01-01T00:00:00Z"}""")]
    [InlineData("""{"departed":1388534400000000,"flight_id":"a","carrier":null,"delay":null,"seats":null,"cancelled":null}""")]
    [InlineData("""  { "flight_id" : "a", "departed" : 1388534400000000, "delay": -1e1, "seats": 0, "cancelled": true }  """)]
    [InlineData("""{"flight_\u0069d":"\u00e9","departed":"2014-01-02T00:00:00Z","carrier":"\"\\\u00e9😀"}""")]
    public void A_row_of_the_schema_is_taken(string row)
    {
        using var rows = new EventRows();

        Assert.True(Validator().TryAdd(Encoding.UTF8.GetBytes(row), [], 0, rows, out var fault), fault.Reason);

        Assert.Equal(1, rows.Count);
    }

    [Theory]
    [InlineData("""{"flight_id":1,"departed":0}""", "flight_id", "must be a string, but is the number 1")]
    [InlineData("""{"flight_id":"a","departed":"2014-01-01T00:00:00"}""", "departed", "with a zone")]
    [InlineData("""{"flight_id":"a","departed":1.5}""", "departed", "must be a timestamp")]
    [InlineData("""{"flight_id":"a"}""", "departed", "is missing")]
    [InlineData("""{"departed":1388534400000000}""", "flight_id", "is missing")]
    [InlineData("""{"flight_id":null,"departed":1388534400000000}""", "flight_id", "must not be null")]
    [InlineData("""{"flight_id":"","departed":1388534400000000}""", "flight_id", "is empty")]
    [InlineData("""{"flight_id":"a","departed":"9999-12-31T00:00:00Z"}""", "departed", "9999-12-31T00:00:00Z is outside of the years 1900 to 2200")]
    [InlineData("""{"flight_id":"a","departed":9223372036854775807}""", "departed", "outside of the years")]
    [InlineData("""{"flight_id":"a","departed":"1899-12-31T23:59:59Z"}""", "departed", "outside of the years")]
    [InlineData("""{"flight_id":"a","departed":"2014-01-02T00:00:01Z"}""", "departed", "more than a day ahead")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"delay":"5"}""", "delay", "must be a finite number, but is the string \"5\"")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"delay":1e999}""", "delay", "must be a finite number")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"delay":3001}""", "delay", "must be between -120 and 3000, but is the number 3001")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"seats":-1}""", "seats", "must be at least 0, but is the number -1")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"seats":1.0}""", "seats", "must be an integer of 64 bits")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"seats":9223372036854775808}""", "seats", "must be an integer of 64 bits")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"cancelled":0}""", "cancelled", "must be true or false")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"carrier":{"x":1}}""", "carrier", "must be a string, but is an object")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"carrier":"\ud800"}""", "carrier", "lone surrogates")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"carrier":"\u0000"}""", "carrier", "U+0000")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"colour":"red"}""", "colour", "is not a field of source 'departures' version 3")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,"flight_id":"b"}""", "flight_id", "is there twice")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000}{}""", "", "not a JSON object")]
    [InlineData("""{"flight_id":"a","departed":1388534400000000,}""", "", "not a JSON object")]
    [InlineData("""{"flight_id":"a","departed":13885""", "", "not a JSON object")]
    [InlineData("""["flight_id"]""", "", "not a JSON object")]
    [InlineData("", "", "not a JSON object")]
    public void A_bad_row_is_refused_by_field_and_reason(string row, string field, string reason)
    {
        using var rows = new EventRows();

        Assert.False(Validator().TryAdd(Encoding.UTF8.GetBytes(row), [], 0, rows, out var fault));

        Assert.Equal(field, fault.Field);
        Assert.Contains(reason, fault.Reason, StringComparison.Ordinal);
        Assert.Equal(0, rows.Count);
    }

    [Theory]
    [InlineData("AS", "N123AB", "")]
    [InlineData("A\\u0053", "N\\u0031", "")]
    [InlineData("as", "N1", "carrier")]
    [InlineData("", "N1", "carrier")]
    [InlineData("AS", "xN1", "tail")]
    [InlineData("AS", "N1\\n", "tail")]
    [InlineData("AS", "N123456789012345678901234567890", "tail")]
    public void A_text_is_among_its_values_and_matches_its_pattern_as_a_whole(string carrier, string tail, string fault)
    {
        var source = Flights.Source();
        source.Fields[2].AllowedValues.Add(["AS", "UA"]);
        source.Fields.Add(new SourceField { Name = "tail", Type = ValueType.String, Pattern = "N[0-9A-Z]{1,20}|none" });
        var validator = new RowValidator(new SourceSchema(1, 1, source), Now, 10_000);
        using var rows = new EventRows();

        var valid = validator.TryAdd(Encoding.UTF8.GetBytes($$"""{"flight_id":"a","departed":0,"carrier":"{{carrier}}","tail":"{{tail}}"}"""), [], 0, rows, out var found);

        Assert.Equal((fault.Length == 0, fault), (valid, found.Field ?? ""));
        if (fault.Length > 0)
        {
            Assert.Contains(fault == "tail" ? "must match N[0-9A-Z]{1,20}|none, but is the string" : "must be one of AS, UA, but is the string", found.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        using var rows = new EventRows();
        byte[] row = [.. "{\"flight_id\":\"a"u8, 0xC3, .. "\",\"departed\":1388534400000000}"u8];

        Assert.False(Validator().TryAdd(row, [], 0, rows, out var fault));

        Assert.Contains("UTF-8", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void An_id_has_at_most_256_characters()
    {
        using var rows = new EventRows();

        Assert.True(Validator().TryAdd(Encoding.UTF8.GetBytes(Flights.Row(new string('é', 256), Now, 0)), [], 0, rows, out _));
        Assert.False(Validator().TryAdd(Encoding.UTF8.GetBytes(Flights.Row(new string('x', 257), Now, 0)), [], 0, rows, out var fault));

        Assert.Contains("256", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_of_personal_data_is_not_repeated_in_the_reason()
    {
        var source = Flights.Source();
        source.Fields[3].PersonalData = true;
        using var rows = new EventRows();

        Assert.False(Validator(source).TryAdd("""{"flight_id":"a","departed":1388534400000000,"delay":"secret"}"""u8, [], 0, rows, out var fault));

        Assert.DoesNotContain("secret", fault.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_beside_the_payload_counts_for_a_source_without_fields_for_it()
    {
        var source = new Source { Name = "clicks", Fields = { new SourceField { Name = "page", Type = ValueType.String } } };
        using var rows = new EventRows();

        Assert.True(Validator(source).TryAdd("""{"page":"/"}"""u8, "c1"u8, Now, rows, out _));
        Assert.False(Validator(source).TryAdd("""{"page":"/"}"""u8, [], Now, rows, out var noId));
        Assert.False(Validator(source).TryAdd("""{"page":"/"}"""u8, "c2"u8, 0, rows, out var noTimestamp));

        Assert.Contains("no id", noId.Reason, StringComparison.Ordinal);
        Assert.Contains("no timestamp", noTimestamp.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_backfilled_source_may_have_later_events()
    {
        var source = Flights.Source();
        source.Availability = Availability.Backfilled;
        using var rows = new EventRows();

        Assert.True(Validator(source).TryAdd(Encoding.UTF8.GetBytes(Flights.Row("a", Now + (30 * Micros.PerDay), 0)), [], 0, rows, out _));
    }

    [Fact]
    public void No_bytes_are_too_strange()
    {
        var good = Encoding.UTF8.GetBytes(Flights.Row(1));
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte.Array[0, 6], Gen.Int[0, 6]).Sample((at, insert, skip) =>
        {
            using var rows = new EventRows();
            byte[] mutated = [.. good[..at], .. insert, .. good[Math.Min(good.Length, at + skip)..]];

            var taken = Validator().TryAdd(mutated, [], 0, rows, out var fault);

            Assert.Equal(taken ? 1 : 0, rows.Count);
            Assert.Equal(taken, fault.Reason is null);
        });
    }

    private static RowValidator Validator(Source? source = null) => new(new SourceSchema(1, 3, source ?? Flights.Source()), Now, 64 * 1024);
}
