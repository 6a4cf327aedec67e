using System.Diagnostics;
using CloudNativeAi.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Http;

namespace CloudNativeAi.ServiceDefaults.Tests.Telemetry;

public sealed class RequestTraceTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    private readonly DefaultHttpContext _context = new() { TraceIdentifier = "0HN:1" };

    [Fact]
    public void Callers_trace_is_known_although_no_span_is_made()
    {
        _context.Request.Headers.TraceParent = $"00-{TraceId}-00f067aa0ba902b7-01";

        Assert.Equal(TraceId, RequestTrace.IdOf(_context));
        Assert.Equal($"trace id {TraceId}", RequestTrace.ReferenceOf(_context));
    }

    [Fact]
    public void Current_span_comes_first()
    {
        _context.Request.Headers.TraceParent = $"00-{TraceId}-00f067aa0ba902b7-01";
        using var activity = new Activity("request").Start();

        Assert.Equal(activity.TraceId.ToString(), RequestTrace.IdOf(_context));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00-4bf92f")]
    [InlineData("'; DROP TABLE predictions")]
    public void Request_without_a_trace_goes_by_its_number(string? traceParent)
    {
        _context.Request.Headers.TraceParent = traceParent;

        Assert.Equal("", RequestTrace.IdOf(_context));
        Assert.Equal("request id 0HN:1", RequestTrace.ReferenceOf(_context));
    }
}
