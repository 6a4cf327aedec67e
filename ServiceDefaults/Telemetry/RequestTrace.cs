using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CloudNativeAi.ServiceDefaults.Telemetry;

/// <summary>The trace that a request belongs to, also where nobody listens and no span of it is made.</summary>
public static class RequestTrace
{
    /// <summary>32 hexadecimal digits: of the current span, else of the caller's <c>traceparent</c> (W3C Trace Context); empty when there is none.</summary>
    public static string IdOf(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (Activity.Current is { } activity)
        {
            return activity.TraceId.ToString();
        }

        var parent = context.Request.Headers.TraceParent;
        return !StringValues.IsNullOrEmpty(parent) && ActivityContext.TryParse(parent, traceState: null, out var trace) ? trace.TraceId.ToString() : "";
    }

    /// <summary>What an error's answer and its line in the log name the request by.</summary>
    public static string ReferenceOf(HttpContext context) =>
        IdOf(context) is { Length: > 0 } id ? $"trace id {id}" : $"request id {context.TraceIdentifier}";
}
