using System.Security.Cryptography;
using System.Text;
using CloudNativeAi.Contracts.ModelRegistry;
using Google.Protobuf;
using Grpc.Core;
using Registry = CloudNativeAi.Contracts.ModelRegistry.ModelRegistry;

namespace CloudNativeAi.ModelRegistry.Tests;

internal static class Uploads
{
    public static readonly (string, byte[])[] Simple = [("model.onnx", "weights"u8.ToArray()), ("signature.json", "{}"u8.ToArray())];

    public static (string, byte[])[] Distinct(int seed) => [("model.onnx", Encoding.UTF8.GetBytes($"weights {seed}"))];

    public static ModelVersionHeader Header(string model, params (string Path, byte[] Content)[] files)
    {
        var header = new ModelVersionHeader { ModelName = model };
        foreach (var (path, content) in files)
        {
            header.Files.Add(new ArtifactFile { Path = path, Size = content.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(content)) });
        }

        return Digested(header);
    }

    /// <summary>Recomputes the digest, as a client that announces wrong files consistently would.</summary>
    public static ModelVersionHeader Digested(ModelVersionHeader header)
    {
        var lines = string.Concat(header.Files.OrderBy(file => file.Path, StringComparer.Ordinal).Select(file => $"{file.Sha256}  {file.Path}\n"));
        header.Digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines)));
        return header;
    }

    public static Task<ModelVersion> RegisterAsync(this Registry.ModelRegistryClient client, string model, params (string Path, byte[] Content)[] files) =>
        client.UploadAsync(Header(model, files), [.. files.Select(file => file.Content)]);

    public static async Task<ModelVersion> UploadAsync(this Registry.ModelRegistryClient client, ModelVersionHeader header, params byte[][] chunks)
    {
        using var call = client.RegisterModelVersion(cancellationToken: TestContext.Current.CancellationToken);
        try
        {
            await call.RequestStream.WriteAsync(new RegisterModelVersionRequest { Header = header }, TestContext.Current.CancellationToken);
            foreach (var chunk in chunks)
            {
                await call.RequestStream.WriteAsync(new RegisterModelVersionRequest { Chunk = ByteString.CopyFrom(chunk) }, TestContext.Current.CancellationToken);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException)
        {
            // The service refused before it had read everything; the answer says why.
        }

        return await call.ResponseAsync;
    }

    public static SetAliasRequest Alias(string model, string alias, int version, int? expected = null)
    {
        var request = new SetAliasRequest { ModelName = model, Alias = alias, Version = version, Reason = "test", Actor = "tester" };
        if (expected is { } value)
        {
            request.ExpectedVersion = value;
        }

        return request;
    }
}
