using CloudNativeAi.Contracts.Hosting;
using Grpc.Core;

namespace CloudNativeAi.Web.Clients;

/// <summary>
/// The resources of the AppHost that started this process, by the two settings that it hands over. Deployed elsewhere there
/// is none: <see cref="IsConfigured"/> is false, and nothing is to be called.
/// </summary>
public sealed class ResourceClient(IConfiguration configuration, IServiceProvider services, CallDeadlines deadlines)
{
    public const string Name = "AppHost";
    private const string AddressSetting = "ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL";
    private const string ApiKeySetting = "Dashboard:ResourceServiceClient:ApiKey";
    private const string ApiKeyHeader = "x-resource-service-api-key";

    public bool IsConfigured => AddressOf(configuration) is not null;

    public static Uri? AddressOf(IConfiguration configuration) =>
        Uri.TryCreate(configuration[AddressSetting], UriKind.Absolute, out var address) ? address : null;

    /// <summary>All resources as they are now, hidden ones left out.</summary>
    public async Task<IReadOnlyList<Resource>> ListResourcesAsync(CancellationToken cancellationToken)
    {
        using var call = Client.WatchResources(new WatchResourcesRequest(), WithKey(deadlines.ForStatus(cancellationToken)));

        // The first message has everything; the changes after it are not waited for.
        return await call.ResponseStream.MoveNext(cancellationToken)
            ? [.. (call.ResponseStream.Current.InitialData?.Resources ?? []).Where(resource => !resource.IsHidden)]
            : [];
    }

    /// <summary>The lines of the console that the AppHost still keeps, oldest first.</summary>
    public async Task<IReadOnlyList<ConsoleLogLine>> ReadLogAsync(string resource, CancellationToken cancellationToken)
    {
        using var call = Client.WatchResourceConsoleLogs(
            new WatchResourceConsoleLogsRequest { ResourceName = resource, SuppressFollow = true }, WithKey(deadlines.ForPage(cancellationToken)));
        var lines = new List<ConsoleLogLine>();

        await foreach (var update in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            lines.AddRange(update.LogLines);
        }

        return lines;
    }

    private DashboardService.DashboardServiceClient Client => services.GetRequiredService<DashboardService.DashboardServiceClient>();

    private CallOptions WithKey(CallOptions options) =>
        options.WithHeaders(new Metadata { { ApiKeyHeader, configuration[ApiKeySetting] ?? "" } });
}
