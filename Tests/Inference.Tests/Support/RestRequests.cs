using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace CloudNativeAi.Inference.Tests.Support;

/// <summary>An answer over REST: the JSON, and what follows it when a header says so.</summary>
internal sealed record RestAnswer(HttpStatusCode Status, HttpResponseMessage Response, byte[] Body)
{
    public const string HeaderLength = "Inference-Header-Content-Length";

    public bool IsBinary => Response.Headers.Contains(HeaderLength);

    public JsonNode Json => JsonNode.Parse(Encoding.UTF8.GetString(Body.AsSpan(0, JsonLength)))!;

    public byte[] Blobs => Body[JsonLength..];

    public string Error => (string)Json["error"]!;

    private int JsonLength => IsBinary ? int.Parse(Response.Headers.GetValues(HeaderLength).Single(), CultureInfo.InvariantCulture) : Body.Length;
}

internal static class RestRequests
{
    public static async Task<RestAnswer> GetAsync(this InferenceHost host, string path) => await SendAsync(host, new HttpRequestMessage(HttpMethod.Get, path));

    public static async Task<RestAnswer> PostAsync(this InferenceHost host, string path, string json) =>
        await SendAsync(host, new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") });

    /// <param name="headerLength">Null: no header; else the header's value, whether or not it is right.</param>
    public static async Task<RestAnswer> PostBytesAsync(
        this InferenceHost host, string path, byte[] body, string? headerLength = null, string? contentEncoding = null, string? acceptEncoding = null, string contentType = "application/octet-stream")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        if (headerLength is not null)
        {
            request.Headers.TryAddWithoutValidation(RestAnswer.HeaderLength, headerLength);
        }

        if (contentEncoding is not null)
        {
            request.Content.Headers.ContentEncoding.Add(contentEncoding);
        }

        if (acceptEncoding is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", acceptEncoding);
        }

        return await SendAsync(host, request);
    }

    /// <summary>JSON with binary tensors after it, and the right header.</summary>
    public static Task<RestAnswer> PostBinaryAsync(this InferenceHost host, string path, string json, params byte[][] blobs)
    {
        var head = Encoding.UTF8.GetBytes(json);
        return host.PostBytesAsync(path, [.. head, .. blobs.SelectMany(blob => blob)], head.Length.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task<RestAnswer> SendAsync(InferenceHost host, HttpRequestMessage request)
    {
        var response = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return new RestAnswer(response.StatusCode, response, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }
}
