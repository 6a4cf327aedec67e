using System.Text.Json;
using CloudNativeAi.Modeling;
using CloudNativeAi.Modeling.Trees;

namespace CloudNativeAi.Benchmarks.Inference;

/// <summary>Inference as a process of its own, with the benchmark's model in its cache: it then needs no other service.</summary>
internal sealed class InferenceServer : IAsyncDisposable
{
    private readonly DirectoryInfo _directory;

    private InferenceServer(DirectoryInfo directory, ServiceProcess process) => (_directory, Process) = (directory, process);

    public ServiceProcess Process { get; }

    public static Task<InferenceServer> StartAsync(CancellationToken cancellationToken) => StartAsync(signature: null, [], cancellationToken);

    /// <param name="signature">Of the model, when it is also asked by entity key.</param>
    /// <param name="settings">Such as <c>("Models__Instances", "1")</c>.</param>
    public static async Task<InferenceServer> StartAsync(ModelSignature? signature, IEnumerable<(string Name, string Value)> settings, CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory("cnai-bench-");
        try
        {
            List<(string Path, byte[] Content)> files = [(ModelFiles.Onnx, TreeEnsembleOnnx.Write(BenchmarkModel.Ensemble))];
            if (signature is not null)
            {
                files.Add((ModelFiles.Signature, signature.ToJson()));
            }

            var listed = files.Select(file => new { path = file.Path, size = file.Content.Length, sha256 = ModelFiles.Sha256(file.Content) }).ToArray();
            var digest = ModelFiles.Digest(listed.Select(file => (file.path, file.sha256)));
            var version = directory.CreateSubdirectory(Path.Combine("models", digest));
            foreach (var (path, content) in files)
            {
                await File.WriteAllBytesAsync(Path.Combine(version.FullName, path), content, cancellationToken);
            }

            // What Inference notes of what it serves (Services/Inference/Models/CacheManifest.cs).
            var manifest = new
            {
                versions = new[] { new { modelName = BenchmarkModel.Name, version = 1, digest, files = listed, lastUsedMicros = 0 } },
                models = new[] { new { name = BenchmarkModel.Name, aliases = new { champion = 1 }, challengerShare = 0, shadowChallenger = false, latestVersion = 1 } },
            };
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "models", "manifest.json"), JsonSerializer.Serialize(manifest), cancellationToken);

            var process = await ServiceProcess.StartAsync("Inference", [.. Environment(directory), .. settings], cancellationToken);
            var server = new InferenceServer(directory, process);
            await server.WaitUntilServingAsync(cancellationToken);
            return server;
        }
        catch
        {
            directory.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>Bytes the process has allocated since it started.</summary>
    public Task<double> AllocatedBytesAsync(CancellationToken cancellationToken) => WarmUp.CounterAsync(Process, "dotnet_gc_heap_total_allocated_bytes_total", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Process.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    // These addresses lead nowhere, as while the services are down.
    private static (string, string)[] Environment(DirectoryInfo directory) =>
    [
        ("Data__Directory", directory.FullName), ("services__model-registry__grpc__0", "http://127.0.0.1:9"), ("services__monitoring__grpc__0", "http://127.0.0.1:9"),
    ];

    private async Task WaitUntilServingAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = Process.Http };
        while (true)
        {
            using var ready = await http.GetAsync(new Uri($"/v2/models/{BenchmarkModel.Name}/ready", UriKind.Relative), cancellationToken);
            if (ready.IsSuccessStatusCode)
            {
                return;
            }

            await Task.Delay(100, cancellationToken);
        }
    }
}
