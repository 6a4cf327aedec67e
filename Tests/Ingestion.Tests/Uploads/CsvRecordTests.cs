using System.Text;
using CloudNativeAi.Ingestion.Uploads;
using CsCheck;

namespace CloudNativeAi.Ingestion.Tests.Uploads;

public sealed class CsvRecordTests
{
    [Fact]
    public void What_is_written_is_read_back_wherever_the_text_is_cut()
    {
        var cell = Gen.OneOf(Gen.Char["ab\",\n\r é"].Array[0, 6].Select(characters => new string(characters)), Gen.Const(""));
        Gen.Select(cell.Array[1, 5].Array[1, 5], Gen.Int[0, 60], Gen.Bool).Sample((table, cut, carriageReturns) =>
        {
            var text = Encoding.UTF8.GetBytes(string.Concat(table.Select(row => string.Join(',', row.Select(Quote)) + (carriageReturns ? "\r\n" : "\n"))));

            Assert.Equal(table, Read(text, Math.Min(cut, text.Length)));
        });
    }

    [Theory]
    [InlineData("a,b", "a|b")]
    [InlineData("a,", "a|")]
    [InlineData("\"a\"", "a")]
    [InlineData("a,b\r\n", "a|b")]
    public void The_last_record_needs_no_line_end(string text, string expected) =>
        Assert.Equal(expected.Split('|'), Assert.Single(Read(Encoding.UTF8.GetBytes(text), 0)));

    [Theory]
    [InlineData("\"a\"b,c\nnext\n", "text behind its closing quote")]
    [InlineData("a\"b,c\nnext\n", "quote in the middle")]
    public void A_broken_record_ends_at_its_line(string text, string fault)
    {
        var record = new CsvRecord((byte)',');

        Assert.True(record.TryRead(Encoding.UTF8.GetBytes(text), isFinal: true));

        Assert.Contains(fault, record.Fault, StringComparison.Ordinal);
        Assert.False(record.IsUnclosed);
        Assert.Equal(text.IndexOf('\n', StringComparison.Ordinal) + 1, record.Length);
    }

    [Fact]
    public void A_quote_that_is_never_closed_is_found_at_the_end()
    {
        var record = new CsvRecord((byte)',');

        Assert.False(record.TryRead("a,\"b\nc\n"u8, isFinal: false));
        Assert.True(record.TryRead("a,\"b\nc\n"u8, isFinal: true));

        Assert.True(record.IsUnclosed);
    }

    private static List<string[]> Read(byte[] text, int cut)
    {
        List<string[]> table = [];
        var record = new CsvRecord((byte)',');
        var start = 0;
        while (start < text.Length)
        {
            // First with the text cut off, as a network delivers it.
            var visible = Math.Max(start, cut);
            if (!record.TryRead(text.AsSpan(start, visible - start), isFinal: false))
            {
                Assert.True(record.TryRead(text.AsSpan(start), isFinal: true));
            }

            Assert.Empty(record.Fault);
            var content = text.AsSpan(start, record.Length).ToArray();
            table.Add([.. record.Fields.Select(field => Encoding.UTF8.GetString(content, field.Start, field.Length).Replace("\"\"", field.HasEscapes ? "\"" : "\"\"", StringComparison.Ordinal))]);
            start += record.Length;
        }

        return table;
    }

    private static string Quote(string cell) =>
        cell.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}
