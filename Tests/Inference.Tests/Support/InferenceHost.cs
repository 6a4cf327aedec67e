using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Contracts.OpenInference;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.Inference.Tests.Support;

/// <summary>The true host on real ports, with a data directory that outlives it.</summary>
internal sealed class InferenceHost : IAsyncDisposable
{
    /// <summary>Longest wait for what should come at once: a busy machine takes a while to load a large model.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly WebApplicationFactory<Program> _factory;
    private readonly GrpcChannel _channel;
    private readonly bool _ownsDirectory;

    private InferenceHost(FakePlatform platform, string? dataDirectory, (string Key, string Value)[] settings)
    {
        _ownsDirectory = dataDirectory is null;
        DataDirectory = dataDirectory ?? Directory.CreateTempSubdirectory("cnai-inference-").FullName;
        _factory = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            builder.UseSetting("Data:Directory", DataDirectory);
            builder.UseSetting("Models:RetryDelay", "00:00:00.100");
            builder.UseSetting("PredictionLog:ShipInterval", "00:00:00.010");
            builder.UseSetting("PredictionLog:MaxRetryDelay", "00:00:00.100");
            foreach (var service in (string[])["model-registry", "feature-store", "monitoring"])
            {
                builder.UseSetting($"services:{service}:grpc:0", platform.Address);
            }

            foreach (var (key, value) in settings)
            {
                builder.UseSetting(key, value);
            }
        });
        _factory.UseKestrel(0);
        _factory.StartServer();
        var addresses = _factory.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(address => new Uri(address)).ToList();
        (GrpcAddress, HttpAddress) = (addresses[0], addresses[^1]);
        _channel = GrpcChannel.ForAddress(GrpcAddress);
        OpenInference = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
        Predictions = new Prediction.PredictionClient(_channel);
        Http = new HttpClient { BaseAddress = HttpAddress };
    }

    public string DataDirectory { get; }

    public Uri GrpcAddress { get; }

    public Uri HttpAddress { get; }

    public GRPCInferenceService.GRPCInferenceServiceClient OpenInference { get; }

    public Prediction.PredictionClient Predictions { get; }

    public HttpClient Http { get; }

    public T Get<T>()
        where T : notnull => _factory.Services.GetRequiredService<T>();

    public static InferenceHost Start(FakePlatform platform, string? dataDirectory = null, params (string Key, string Value)[] settings) =>
        new(platform, dataDirectory, settings);

    /// <summary>Registers each model as version 1 and champion, and waits until all of them are served.</summary>
    public static async Task<InferenceHost> ServeAsync(
        FakePlatform platform, IReadOnlyCollection<(string Name, byte[] Onnx)> models, params (string Key, string Value)[] settings)
    {
        foreach (var (name, onnx) in models)
        {
            platform.Registry.Add(name, ("model.onnx", onnx));
            platform.Registry.SetAlias(name, "champion", 1);
        }

        var host = Start(platform, null, settings);
        foreach (var (name, _) in models)
        {
            await host.WaitForAsync(name, "champion", 1);
        }

        return host;
    }

    /// <summary>Waits until the alias is served by the version, and the server says that it is ready, which it does a moment after its first models serve.</summary>
    public async Task<ServedModel> WaitForAsync(string model, string alias, int version)
    {
        var found = await WaitForStatusAsync(status => status.Models.FirstOrDefault(served =>
            served.ModelName == model && served.State == "READY" && served.Version == version && served.Aliases.Contains(alias)));
        await WaitForReadyAsync();
        return found;
    }

    private async Task WaitForReadyAsync()
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Patience);
        while (!(await OpenInference.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: timeout.Token)).Ready)
        {
            await Task.Delay(20, timeout.Token);
        }
    }

    public async Task<T> WaitForStatusAsync<T>(Func<GetServingStatusResponse, T?> find)
        where T : class
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(Patience);
        GetServingStatusResponse status = new();
        try
        {
            while (true)
            {
                status = await Predictions.GetServingStatusAsync(new GetServingStatusRequest(), cancellationToken: timeout.Token);
                if (find(status) is { } found)
                {
                    return found;
                }

                await Task.Delay(20, timeout.Token);
            }
        }
        catch (Exception) when (timeout.IsCancellationRequested && !TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Not seen within {Patience}; last: {status}");
        }
    }

    public async ValueTask StopAsync()
    {
        Http.Dispose();
        _channel.Dispose();
        await _factory.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_ownsDirectory)
        {
            Directory.Delete(DataDirectory, recursive: true);
        }
    }
}
