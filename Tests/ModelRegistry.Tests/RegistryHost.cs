using CloudNativeAi.TestSupport;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using ExperimentsClient = CloudNativeAi.Contracts.ModelRegistry.Experiments.ExperimentsClient;
using Registry = CloudNativeAi.Contracts.ModelRegistry.ModelRegistry;

namespace CloudNativeAi.ModelRegistry.Tests;

/// <summary>The true host on a database and a data directory that outlive it.</summary>
internal sealed class RegistryHost : IAsyncDisposable
{
    private readonly WebApplicationFactory<Program> _factory;
    private readonly GrpcChannel _channel;

    private RegistryHost(string connectionString, string dataDirectory, Action<IWebHostBuilder>? configure)
    {
        ConnectionString = connectionString;
        DataDirectory = dataDirectory;
        _factory = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            builder.UseSetting("ConnectionStrings:registry", connectionString);
            builder.UseSetting("Data:Directory", dataDirectory);
            configure?.Invoke(builder);
        });
        Http = _factory.CreateClient();
        _channel = GrpcChannel.ForAddress(Http.BaseAddress!, new GrpcChannelOptions { HttpHandler = _factory.Server.CreateHandler() });
        Client = new Registry.ModelRegistryClient(_channel);
        Runs = new ExperimentsClient(_channel);
    }

    public string ConnectionString { get; }

    public string DataDirectory { get; }

    public HttpClient Http { get; }

    public Registry.ModelRegistryClient Client { get; }

    public ExperimentsClient Runs { get; }

    public static async Task<RegistryHost> StartAsync(PostgresServer postgres, Action<IWebHostBuilder>? configure = null) =>
        new(await postgres.CreateDatabaseAsync(), Directory.CreateTempSubdirectory("cnai-registry-").FullName, configure);

    public async Task<RegistryHost> RestartAsync()
    {
        await StopAsync();
        return new RegistryHost(ConnectionString, DataDirectory, null);
    }

    public async ValueTask StopAsync()
    {
        _channel.Dispose();
        await _factory.DisposeAsync();
    }

    public string[] StoredFiles() => Directory.GetFiles(Path.Combine(DataDirectory, "artifacts"), "*", SearchOption.AllDirectories);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(DataDirectory, recursive: true);
    }
}
