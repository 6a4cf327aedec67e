using System.Text;
using CloudNativeAi.Ingestion.Uploads;

namespace CloudNativeAi.Ingestion.Tests.Uploads;

public sealed class TextEncodingTests
{
    [Theory]
    [InlineData("utf-8", false)]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16be", false)]
    [InlineData("utf-16be", true)]
    [InlineData("windows-1252", false)]
    public void The_first_bytes_show_the_encoding(string charset, bool byteOrderMark)
    {
        var encoding = TextEncoding.Named(charset)!;
        var text = (byteOrderMark ? "\uFEFF" : "") + "flight_id;carrier\n1;Zürich\n";

        Assert.Equal(encoding, TextEncoding.Detect(encoding.GetBytes(text)));
    }

    [Fact]
    public void A_sample_that_ends_within_a_character_is_still_utf8()
    {
        var text = Encoding.UTF8.GetBytes("carrier\nZürich🛫");

        for (var length = 0; length <= text.Length; length++)
        {
            Assert.Equal(Encoding.UTF8, TextEncoding.Detect(text.AsSpan(0, length)));
        }
    }

    [Fact]
    public void An_unknown_charset_is_none() => Assert.Null(TextEncoding.Named("ebcdic"));
}
