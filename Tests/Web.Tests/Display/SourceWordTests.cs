using System.Text;
using CloudNativeAi.Contracts.Ingestion;
using CloudNativeAi.Web.Display;

namespace CloudNativeAi.Web.Tests.Display;

public sealed class SourceWordTests
{
    [Fact]
    public void Bytes_are_dumped_with_offset_and_text_up_to_a_bound()
    {
        var dump = HexDump.Of(Encoding.Latin1.GetBytes("AS;406;late\r\n0123456789"), atMost: 18).Split('\n');

        Assert.Equal("000000  41 53 3b 34 30 36 3b 6c  61 74 65 0d 0a 30 31 32  AS;406;late..012", dump[0]);
        Assert.StartsWith("000010  33 34 ", dump[1], StringComparison.Ordinal);
        Assert.EndsWith("  34", dump[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_done_to_all_leaves_out_what_came_after_they_were_seen()
    {
        var seen = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var filter = new DeadLetterFilter("departures", DeadLetterState.Waiting, "double", "", "", "now-1h", "");

        var replay = filter.ToReplay("7", 500, seen);
        var narrower = (filter with { To = "2026-03-01T11:30:00Z" }).ToDiscard("", 500, seen);

        Assert.Equal(("double", "7", Instants.ToMicros(seen.AddHours(-1)), Instants.ToMicros(seen)), (replay.Reason, replay.PageToken, replay.ReceivedFromMicros, replay.ReceivedUntilMicros));
        Assert.Equal(Instants.ToMicros(seen.AddMinutes(-30)), narrower.ReceivedUntilMicros);
    }

    [Theory]
    [InlineData("file:departures.csv:51aa", "departures.csv")]
    [InlineData("nightly", "nightly")]
    [InlineData("file:", "file:")]
    public void A_watched_file_goes_by_its_name(string key, string expected) => Assert.Equal(expected, UploadWords.Name(new UploadStatus { Key = key }));

    [Theory]
    [InlineData(QualityCheck.NullShare, 0.02, "at most 2.0\u202f%")]
    [InlineData(QualityCheck.Uniqueness, 0.5, "at least 50.0\u202f%")]
    [InlineData(QualityCheck.Minimum, -120, "at least -120")]
    [InlineData(QualityCheck.Freshness, 900, "at most 15\u202fmin 00\u202fs")]
    public void A_bound_says_its_direction_and_unit(QualityCheck check, double bound, string expected) =>
        Assert.Equal(expected, QualityWords.Bound(new QualityRule { Check = check, Bound = bound }));
}
