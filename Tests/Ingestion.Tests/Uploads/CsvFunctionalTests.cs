using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CloudNativeAi.Ingestion.Uploads;
using CloudNativeAi.TestSupport;

namespace CloudNativeAi.Ingestion.Tests.Uploads;

public sealed class CsvFunctionalTests(PostgresServer postgres)
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Csv_may_have_another_delimiter_and_charset()
    {
        await using var host = await StartAsync();
        using var latin = new ByteArrayContent(Encoding.Latin1.GetBytes("flight_id;departed;carrier\na;0;Zürich\n"));
        latin.Headers.ContentType = new("text/csv") { CharSet = "iso-8859-1" };
        using var tabs = new StringContent("flight_id\tdeparted\nb\t0\n", Encoding.UTF8, "text/csv");

        using var first = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events", latin, CancellationToken);
        using var second = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events?delimiter=tab", tabs, CancellationToken);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (first.StatusCode, second.StatusCode));
        Assert.Equal("""{"flight_id":"a","departed":0,"carrier":"Zürich"}""", (await host.ReadAllAsync())[0].Payload.ToStringUtf8());
    }

    [Theory]
    [InlineData("utf-16", true)]
    [InlineData("utf-16be", false)]
    [InlineData("windows-1252", false)]
    public async Task Csv_says_by_itself_which_encoding_it_has(string charset, bool byteOrderMark)
    {
        await using var host = await StartAsync();
        using var content = new ByteArrayContent(
            TextEncoding.Named(charset)!.GetBytes((byteOrderMark ? "\uFEFF" : "") + "flight_id;departed;carrier\na;0;Zürich\n"));
        content.Headers.ContentType = new("text/csv");

        using var response = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events", content, CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("""{"flight_id":"a","departed":0,"carrier":"Zürich"}""", Assert.Single(await host.ReadAllAsync()).Payload.ToStringUtf8());
    }

    [Theory]
    [InlineData("text/csv", "")]
    [InlineData("text/csv", "?header=absent")]
    [InlineData("text/csv; header=absent", "")]
    public async Task Csv_without_a_header_has_the_fields_of_the_source(string contentType, string query)
    {
        await using var host = await StartAsync();

        var (statusCode, result) = await PostAsync(host, "a,0,AS,1.5,150,true\nb,0,AS,,,\n", contentType, query);

        Assert.Equal((HttpStatusCode.OK, 2), (statusCode, result.GetProperty("accepted").GetInt64()));
        Assert.Equal("""{"flight_id":"a","departed":0,"carrier":"AS","delay":1.5,"seats":150,"cancelled":true}""", (await host.ReadAllAsync())[0].Payload.ToStringUtf8());
    }

    [Theory]
    [InlineData("a,0,AS,1.5,150,true\n", "?header=present", "column 'a' is not a field")]
    [InlineData("id,time,airline,delay_min,places,gone\n", "", "column 'id' is not a field")]
    [InlineData("flight_id,0,AS,1.5,150,true\n", "", "column '0' is not a field")]
    public async Task A_first_record_that_may_be_a_header_is_one(string body, string query, string reason)
    {
        await using var host = await StartAsync();

        var (statusCode, problem) = await PostAsync(host, body, "text/csv", query);

        Assert.Equal(HttpStatusCode.BadRequest, statusCode);
        Assert.Contains(reason, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private async Task<IngestionHost> StartAsync()
    {
        var host = await IngestionHost.StartAsync(postgres);
        await host.DeclareAsync();
        return host;
    }

    private static async Task<(HttpStatusCode StatusCode, JsonElement Body)> PostAsync(IngestionHost host, string body, string contentType, string query = "")
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = System.Net.Http.Headers.MediaTypeHeaderValue.Parse(contentType);
        using var response = await host.Http.PostAsync($"/v1/sources/{Flights.Name}/events{query}", content, CancellationToken);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(CancellationToken));
    }
}
