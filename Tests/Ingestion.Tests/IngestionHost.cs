using CloudNativeAi.TestSupport;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Contract = CloudNativeAi.Contracts.Ingestion;

namespace CloudNativeAi.Ingestion.Tests;

/// <summary>The service on a real Kestrel, with both of its endpoints, and a database.</summary>
internal sealed class IngestionHost : IAsyncDisposable
{
    private readonly WebApplicationFactory<Program> _factory;
    private readonly GrpcChannel _channel;

    private IngestionHost(WebApplicationFactory<Program> factory, string connectionString, string httpAddress, string grpcAddress)
    {
        _factory = factory;
        ConnectionString = connectionString;
        _channel = GrpcChannel.ForAddress(grpcAddress, new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
        Http = new HttpClient { BaseAddress = new Uri(httpAddress), Timeout = TimeSpan.FromMinutes(2) };
        Events = new Contract.EventIngestion.EventIngestionClient(_channel);
        Log = new Contract.EventLog.EventLogClient(_channel);
        Sources = new Contract.Sources.SourcesClient(_channel);
        Inputs = new Contract.Inputs.InputsClient(_channel);
    }

    public string ConnectionString { get; }

    public HttpClient Http { get; }

    public Contract.EventIngestion.EventIngestionClient Events { get; }

    public Contract.EventLog.EventLogClient Log { get; }

    public Contract.Sources.SourcesClient Sources { get; }

    public Contract.Inputs.InputsClient Inputs { get; }

    public IServiceProvider Services => _factory.Services;

    /// <param name="settings">Configuration such as <c>Ingestion:MaxInFlightRequests=1</c>.</param>
    public static async Task<IngestionHost> StartAsync(
        PostgresServer postgres, string? connectionString = null, TimeProvider? timeProvider = null, params string[] settings)
    {
        connectionString ??= await postgres.CreateDatabaseAsync();

        var factory = new WebApplicationFactory<Program>().WithWebHostBuilder(host =>
        {
            host.UseSetting("ConnectionStrings:ingestion", connectionString);
            foreach (var setting in settings)
            {
                host.UseSetting(setting.Split('=', 2)[0], setting.Split('=', 2)[1]);
            }

            if (timeProvider is not null)
            {
                host.ConfigureTestServices(services => services.AddSingleton(timeProvider));
            }
        });
        factory.UseKestrel();
        factory.StartServer();

        var addresses = factory.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        var httpAddress = await FindHttpAsync(addresses);
        return new IngestionHost(factory, connectionString, httpAddress, addresses.Single(address => address != httpAddress));
    }

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        Http.Dispose();
        await _factory.DisposeAsync();
    }

    // Both endpoints have free ports; the one that speaks HTTP/1.1 is the one for people.
    private static async Task<string> FindHttpAsync(ICollection<string> addresses)
    {
        using var client = new HttpClient();
        foreach (var address in addresses)
        {
            using var response = await client.GetAsync(new Uri($"{address}/alive"));
            if (response.IsSuccessStatusCode)
            {
                return address;
            }
        }

        throw new InvalidOperationException("No endpoint speaks HTTP/1.1.");
    }
}
