using System.Globalization;
using System.Net;
using System.Text;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Ingestion.Tests.UploadJobs;

public sealed class UploadMemoryFunctionalTests(PostgresServer postgres)
{
    private const int Rows = 120_000;
    private const int PaddingBytes = 2_000;
    private const long MaxGrowthBytes = 300L * 1024 * 1024;

    [Fact]
    public async Task A_body_of_240_MB_is_read_in_flat_memory()
    {
        await using var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        using var content = new GeneratedContent();

        using var response = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events?on_invalid=dead-letter", content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var status = await host.StatusAsync();
        Assert.Equal((Rows, Rows), (status.Received, status.HeadPosition));
        Assert.InRange(content.PeakGrowthBytes, 0, MaxGrowthBytes);
    }

    /// <summary>Rows that are made while they are sent; the process's memory is looked at on the way.</summary>
    private sealed class GeneratedContent : HttpContent
    {
        private const int RowsBetweenLooks = 1_000;
        private readonly string _carrier = new('x', PaddingBytes);
        private readonly long _before = Environment.WorkingSet;

        public GeneratedContent() => Headers.ContentType = new("application/x-ndjson");

        public long PeakGrowthBytes { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (var row = 1; row <= Rows; row++)
            {
                var line = string.Create(CultureInfo.InvariantCulture, $$"""{"flight_id":"f{{row}}","departed":{{Flights.NewYearMicros + row}},"carrier":"{{_carrier}}"}""");
                await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
                if (row % RowsBetweenLooks == 0)
                {
                    PeakGrowthBytes = Math.Max(PeakGrowthBytes, Environment.WorkingSet - _before);
                }
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
