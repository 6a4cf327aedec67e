using System.Net.Http.Json;
using System.Text.Json;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Ingestion.Tests;

public sealed class OpenApiFunctionalTests(PostgresServer postgres)
{
    [Fact]
    public async Task Endpoints_are_described()
    {
        await using var host = await IngestionHost.StartAsync(postgres);

        var document = await host.Http.GetFromJsonAsync<JsonElement>("/openapi/v1.json", TestContext.Current.CancellationToken);

        foreach (var (path, method) in new[]
        {
            ("/v1/sources/{source}/events", "post"),
            ("/v1/sources/{source}/uploads/{id}", "patch"),
            ("/v1/sources/{source}/uploads/{id}/progress", "get"),
            ("/v1/sources/{source}/dead-letters/replay", "post"),
            ("/v1/sources/{source}/quality/rules", "put"),
            ("/v1/sources/{source}/table-pull", "get"),
        })
        {
            Assert.True(document.GetProperty("paths").GetProperty(path).TryGetProperty(method, out _), $"{method} {path}");
        }
    }
}
