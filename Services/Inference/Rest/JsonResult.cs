using Google.Protobuf;

namespace CloudNativeAi.Inference.Rest;

/// <summary>A message of the gRPC side as the answer of an endpoint.</summary>
internal sealed class JsonResult : IResult
{
    private readonly byte[] _json;
    private readonly int _status;

    public JsonResult(IMessage message, int status = StatusCodes.Status200OK)
        : this(ProtoJson.Write(message), status)
    {
    }

    private JsonResult(byte[] json, int status) => (_json, _status) = (json, status);

    public static JsonResult Array(IEnumerable<IMessage> messages) => new(ProtoJson.WriteArray(messages), StatusCodes.Status200OK);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = _status;
        return RestBody.WriteJsonAsync(httpContext, _json);
    }
}
