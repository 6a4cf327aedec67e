using System.Text;
using CloudNativeAi.Ingestion.EventLog;
using CsCheck;

namespace CloudNativeAi.Ingestion.Tests.EventLog;

public sealed class EventRowsTests
{
    [Fact]
    public void Ids_come_in_byte_order_and_the_first_of_equals_is_kept()
    {
        var id = Gen.Select(Gen.OneOf(Gen.Const(""), Gen.Const("flight-")), Gen.Char["ab\0é"].Array[1, 12], (prefix, tail) => prefix + new string(tail));
        id.List[1, 60].Sample(ids =>
        {
            using var rows = new EventRows();
            foreach (var (text, index) in ids.Select((text, index) => (text, index)))
            {
                rows.Add(Encoding.UTF8.GetBytes(text), index, "{}"u8);
            }

            rows.SortById();

            var expected = ids.Distinct().OrderBy(text => text, Comparer<string>.Create((left, right) =>
                Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right)))).ToList();
            Assert.Equal(expected, rows.DistinctIds());
            Assert.Equal(ids.Select((text, index) => (text, index)).DistinctBy(pair => pair.text).Select(pair => (long)pair.index), rows.Kept().Select(row => row.EventMicros));
        });
    }

    [Fact]
    public void Rows_are_stamped_densely_and_sent_in_as_few_pieces_as_possible()
    {
        using var rows = new EventRows();
        foreach (var id in new[] { "a", "b", "a", "c", "c", "d" })
        {
            rows.Add(Encoding.UTF8.GetBytes(id), 7, "{}"u8);
        }

        rows.SortById();
        rows.KeepOnly(["a", "c", "d"]);

        Assert.Equal(3, rows.Stamp(42));
        Assert.Equal((6, 7, 7), (rows.PayloadBytes, rows.FirstEventMicros, rows.MeanEventMicros));
        Assert.Equal(3, rows.Pieces().Count());
        Assert.Equal(3 * (42 + 1 + 2), rows.Pieces().Sum(piece => piece.Length));
    }
}
