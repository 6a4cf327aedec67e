using System.Net.Http.Json;
using Aspire.Hosting.Testing;
using CloudNativeAi.Hosting.Tests.Support;

namespace CloudNativeAi.Hosting.Tests.Model;

/// <summary>The variables are Aspire's, so that a service reads the same ones under either host.</summary>
public sealed class EnvironmentTests
{
    private const string Collector = "--ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL=http://127.0.0.1:4317";

    [Fact]
    public async Task Project_gets_exactly_its_own_variables()
    {
        await using var application = await TestApplication.StartAsync(
            builder => builder.AddTestService("service").WithHttpEndpoint(name: "grpc"), "--environment", "Development", Collector, "--AppHost:OtlpApiKey=secret");

        var variables = await VariablesAsync(application, "service");

        var instanceId = variables["OTEL_RESOURCE_ATTRIBUTES"];
        Assert.Matches("^service\\.instance\\.id=[a-z]{8}$", instanceId);
        Dictionary<string, string?> expected = new()
        {
            ["ASPNETCORE_URLS"] = $"{Url(application, "service", "http")};{Url(application, "service", "grpc")}",
            ["DOTNET_LAUNCH_PROFILE"] = "http",
            ["FROM_PROFILE"] = "yes",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:4317",
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-otlp-api-key=secret",
            ["OTEL_SERVICE_NAME"] = "service",
            ["OTEL_RESOURCE_ATTRIBUTES"] = instanceId,
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "1000",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "1000",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
            ["OTEL_TRACES_SAMPLER"] = "always_on",
            ["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based",
            ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true",
            ["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory",
            ["OTEL_DOTNET_EXPERIMENTAL_ASPNETCORE_DISABLE_URL_QUERY_REDACTION"] = "true",
            ["OTEL_DOTNET_EXPERIMENTAL_HTTPCLIENT_DISABLE_URL_QUERY_REDACTION"] = "true",
            ["DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION"] = "true",
            ["LOGGING__CONSOLE__FORMATTERNAME"] = "simple",
        };
        Assert.Equal(expected.OrderBy(variable => variable.Key), variables.OrderBy(variable => variable.Key));
    }

    [Fact]
    public async Task Reference_to_a_service_gives_its_endpoints()
    {
        await using var application = await TestApplication.StartAsync(builder =>
        {
            var features = builder.AddTestService("feature-store").WithHttpEndpoint(name: "grpc").WithExplicitStart();
            builder.AddTestService("consumer").WithReference(features).WithReference("weather", new Uri("http://127.0.0.1:9/"));
        });
        await application.WaitUntilHealthyAsync("consumer");
        using var client = application.CreateHttpClient("consumer");

        // What the process itself sees: a shell on the way would drop names with a hyphen.
        var seen = (await client.GetFromJsonAsync<Dictionary<string, string>>("/environment", TestApplication.Patience()))!;

        Assert.Equal(Url(application, "feature-store", "http"), seen["services__feature-store__http__0"]);
        Assert.Equal(Url(application, "feature-store", "grpc"), seen["services__feature-store__grpc__0"]);
        Assert.Equal(Url(application, "feature-store", "http"), seen["FEATURE_STORE_HTTP"]);
        Assert.Equal(Url(application, "feature-store", "grpc"), seen["FEATURE_STORE_GRPC"]);
        Assert.Equal("http://127.0.0.1:9/", seen["services__weather__default__0"]);
        Assert.Equal("http://127.0.0.1:9/", seen["weather"]);
    }

    [Fact]
    public async Task Reference_to_a_store_gives_its_connection_string_and_parts()
    {
        const string password = "p:a/s?s";
        await using var application = await TestApplication.StartAsync(builder =>
        {
            var secret = builder.AddParameter("secret", password, secret: true);
            var orders = builder.AddPostgres("postgres", password: secret).WithExplicitStart().AddDatabase("orders", "shop");
            var cache = builder.AddRedis("cache", password: secret).WithExplicitStart();
            var warehouse = builder.AddConnectionString("warehouse");
            builder.AddExecutable("consumer", "sleep", "/", "1000").WithReference(orders, "order-log").WithReference(cache).WithReference(warehouse);
        }, "--ConnectionStrings:warehouse=Host=elsewhere");

        var variables = await VariablesAsync(application, "consumer");

        var database = application.GetEndpoint("postgres").Port;
        var redis = application.GetEndpoint("cache").Port;
        var escaped = Uri.EscapeDataString(password);
        Dictionary<string, string?> expected = new()
        {
            ["ConnectionStrings__order-log"] = $"Host=127.0.0.1;Port={database};Username=postgres;Password={password};Database=shop",
            ["ORDER_LOG_HOST"] = "127.0.0.1",
            ["ORDER_LOG_PORT"] = $"{database}",
            ["ORDER_LOG_USERNAME"] = "postgres",
            ["ORDER_LOG_PASSWORD"] = password,
            ["ORDER_LOG_URI"] = $"postgresql://postgres:{escaped}@127.0.0.1:{database}/shop",
            ["ORDER_LOG_JDBCCONNECTIONSTRING"] = $"jdbc:postgresql://127.0.0.1:{database}/shop",
            ["ORDER_LOG_DATABASENAME"] = "shop",
            ["ConnectionStrings__cache"] = $"127.0.0.1:{redis},password={password}",
            ["CACHE_HOST"] = "127.0.0.1",
            ["CACHE_PORT"] = $"{redis}",
            ["CACHE_PASSWORD"] = password,
            ["CACHE_URI"] = $"redis://:{escaped}@127.0.0.1:{redis}",
            ["ConnectionStrings__warehouse"] = "Host=elsewhere",
        };
        Assert.Equal(expected.OrderBy(variable => variable.Key), variables.OrderBy(variable => variable.Key));
    }

    [Fact]
    public async Task Arguments_of_the_profile_come_before_those_of_the_AppHost()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddTestService("service").WithArgs("--and", "more"));
        await application.WaitUntilHealthyAsync("service");
        using var client = application.CreateHttpClient("service");

        var arguments = await client.GetFromJsonAsync<string[]>("/arguments", TestApplication.Patience());

        Assert.Equal(["--from", "the profile", "--and", "more"], arguments!);
    }

    [Fact]
    public async Task Later_variable_wins_and_expressions_are_resolved()
    {
        await using var application = await TestApplication.StartAsync(builder =>
        {
            var service = builder.AddTestService("service").WithExplicitStart();
            builder.AddSleeper("consumer")
                .WithEnvironment("MODE", "first").WithEnvironment("MODE", "second")
                .WithEnvironment("URL", $"{service.GetEndpoint("http")}/health");
        });

        var variables = await VariablesAsync(application, "consumer");

        Assert.Equal("second", variables["MODE"]);
        Assert.Equal($"{Url(application, "service", "http")}/health", variables["URL"]);
    }

    private static string Url(DistributedApplication application, string resource, string endpoint) =>
        application.GetEndpoint(resource, endpoint).ToString().TrimEnd('/');

    private static async Task<Dictionary<string, string?>> VariablesAsync(DistributedApplication application, string resource) =>
        (await application.WaitForStateAsync(resource, KnownResourceStates.Running)).EnvironmentVariables.ToDictionary(variable => variable.Name, variable => variable.Value);
}
