using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Web.Display;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Web.Tests.Display;

public sealed class ValuesTests
{
    [Fact]
    public void What_is_typed_becomes_a_value_of_the_type()
    {
        Assert.Equal(42, Values.Parse(" 42 ", ValueType.Int64, out _)!.Int64Value);
        Assert.Equal(-1.5, Values.Parse("-1.5", ValueType.Double, out _)!.DoubleValue);
        Assert.True(Values.Parse("TRUE", ValueType.Bool, out _)!.BoolValue);
        Assert.Equal("PDX", Values.Parse("PDX", ValueType.String, out _)!.StringValue);
        Assert.Equal(1_375_365_600_000_000, Values.Parse("2013-08-01T14:00:00Z", ValueType.Timestamp, out _)!.TimestampMicros);
    }

    [Fact]
    public void Nothing_typed_is_the_null_value() =>
        Assert.Equal(Value.KindOneofCase.None, Values.Parse("  ", ValueType.Int64, out _)!.KindCase);

    [Theory]
    [InlineData("4.5", ValueType.Int64)]
    [InlineData("many", ValueType.Double)]
    [InlineData("NaN", ValueType.Double)]
    [InlineData("perhaps", ValueType.Bool)]
    [InlineData("yesterday", ValueType.Timestamp)]
    public void What_is_of_another_type_gets_a_reason(string text, ValueType type)
    {
        Assert.Null(Values.Parse(text, type, out var reason));
        Assert.NotEmpty(reason);
    }

    [Theory]
    [InlineData(ValueType.String)]
    [InlineData(ValueType.Int64)]
    [InlineData(ValueType.Double)]
    [InlineData(ValueType.Bool)]
    [InlineData(ValueType.Timestamp)]
    public void Names_of_types_survive_the_round_trip(ValueType type) => Assert.Equal(type, Values.ParseType(Values.TypeName(type)));

    [Fact]
    public void Keys_stand_in_the_order_of_their_names() =>
        Assert.Equal("carrier AS, origin PDX", Values.Keys(new Dictionary<string, Value>
        {
            ["origin"] = new() { StringValue = "PDX" },
            ["carrier"] = new() { StringValue = "AS" },
        }));
}
