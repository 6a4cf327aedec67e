using CloudNativeAi.Contracts.Monitoring;
using CloudNativeAi.Monitoring.Evaluation;
using CloudNativeAi.Monitoring.PredictionLog;
using CloudNativeAi.Monitoring.Retraining;
using CloudNativeAi.TestSupport;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace CloudNativeAi.Monitoring.Tests.Application;

/// <summary>
/// The real service on a real PostgreSQL, with a clock that the test moves. Rounds of evaluation, sending and retention run when the
/// test says so; the workers that would run them by the clock are left out.
/// </summary>
public sealed class MonitoringApplication(PostgresServer postgres) : IAsyncLifetime
{
    /// <summary>Far enough ahead that a deadline by this clock is never past.</summary>
    public static readonly DateTimeOffset Noon = new(2100, 1, 4, 12, 0, 0, TimeSpan.Zero);

    private Host _host = null!;
    private GrpcChannel _channel = null!;
    private string _connectionString = "";

    public FakeTimeProvider Clock { get; } = new(Noon);

    /// <summary>True: the real clock, and every worker of the service.</summary>
    public bool RunsByItself { get; init; }

    internal FakePlatform Platform { get; private set; } = null!;

    public NpgsqlDataSource Database { get; private set; } = null!;

    public Contracts.Monitoring.PredictionLog.PredictionLogClient Predictions => new(_channel);

    public Contracts.Monitoring.Labels.LabelsClient Labels => new(_channel);

    public ModelMonitoring.ModelMonitoringClient Models => new(_channel);

    public Contracts.Monitoring.Retraining.RetrainingClient Retraining => new(_channel);

    public HttpClient Http => _host.CreateClient();

    internal IServiceProvider Services => _host.Services;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Platform = await FakePlatform.StartAsync();
        _connectionString = await postgres.CreateDatabaseAsync();
        Database = NpgsqlDataSource.Create(_connectionString);
        Start();
    }

    /// <summary>Ends the service and starts it again on the same database.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        Start();
    }

    /// <summary>Rounds until there is nothing to do.</summary>
    public async Task EvaluateAsync()
    {
        var evaluator = Services.GetRequiredService<Evaluator>();
        while (await evaluator.RunAsync(CancellationToken))
        {
        }
    }

    /// <summary>Counts what is there, waits out the quiet period, and evaluates what is closed then.</summary>
    public async Task EvaluateQuietlyAsync()
    {
        await EvaluateAsync();
        Clock.Advance(TimeSpan.FromSeconds(11));
        await EvaluateAsync();
    }

    /// <summary>An hour of drifted predictions whose window is closed and evaluated.</summary>
    public async Task LogDriftAsync(string model, long start)
    {
        await LogAsync(Sample.HourOf(model, start, 400, drifted: true));
        await LogAsync([Sample.Prediction($"{model}/{start}/closing", model, start + Sample.Hour + (10 * Sample.Minute))]);
        await EvaluateQuietlyAsync();
    }

    public Task SendRetrainRequestsAsync() => Services.GetRequiredService<RetrainSender>().SendAsync(CancellationToken);

    public async Task<LogPredictionsResponse> LogAsync(IEnumerable<PredictionRecord> predictions, bool skipInvalid = false)
    {
        var request = new LogPredictionsRequest { SkipInvalid = skipInvalid };
        request.Predictions.AddRange(predictions);
        return await Predictions.LogPredictionsAsync(request, cancellationToken: CancellationToken);
    }

    public async Task<LogLabelsResponse> LogAsync(IEnumerable<LabelRecord> labels, bool skipInvalid = false)
    {
        var request = new LogLabelsRequest { SkipInvalid = skipInvalid };
        request.Labels.AddRange(labels);
        return await Labels.LogLabelsAsync(request, cancellationToken: CancellationToken);
    }

    public async Task<ModelHealth> HealthAsync(string model) =>
        await Models.GetModelHealthAsync(new GetModelHealthRequest { ModelName = model }, cancellationToken: CancellationToken);

    public async Task<IReadOnlyList<DriftPoint>> DriftAsync(string model, int version = 1) =>
        (await Models.GetDriftSeriesAsync(new SeriesRequest { ModelName = model, ModelVersion = version }, cancellationToken: CancellationToken)).Points;

    public async Task<IReadOnlyList<Alert>> AlertsAsync(string model) =>
        (await Models.ListAlertsAsync(new ListAlertsRequest { ModelName = model }, cancellationToken: CancellationToken)).Alerts;

    public async Task<IReadOnlyList<RetrainRequest>> RetrainRequestsAsync(string model) =>
        (await Retraining.ListRetrainRequestsAsync(new ListRetrainRequestsRequest { ModelName = model }, cancellationToken: CancellationToken)).Requests;

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(CancellationToken);
    }

    public async Task<long> CountAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(CancellationToken))!;
    }

    /// <summary>Makes a statement fail, as a lost server would, until the result is disposed of.</summary>
    /// <param name="operation">INSERT, UPDATE or DELETE.</param>
    public async Task<IAsyncDisposable> BreakAsync(string table, string operation)
    {
        await ExecuteAsync($"""
            CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'Broken on purpose.'; END $$;
            CREATE TRIGGER broken BEFORE {operation} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION broken();
            """);
        return new Repair(this, table);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Database.DisposeAsync();
        await Platform.DisposeAsync();
    }

    private void Start()
    {
        _host = new Host(_connectionString, Platform.Address, RunsByItself ? null : Clock);
        _channel = GrpcChannel.ForAddress(_host.Server.BaseAddress, new GrpcChannelOptions { HttpHandler = _host.Server.CreateHandler(), MaxSendMessageSize = null });
    }

    private async Task StopAsync()
    {
        _channel.Dispose();
        await _host.DisposeAsync();
    }

    private sealed class Repair(MonitoringApplication application, string table) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await application.ExecuteAsync($"DROP TRIGGER broken ON {table}");
    }

    private sealed class Host(string connectionString, string platform, TimeProvider? clock) : WebApplicationFactory<Program>
    {
        private static readonly Type?[] Workers = [typeof(EvaluationWorker), typeof(RetrainWorker), typeof(RetentionWorker)];

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSetting("ConnectionStrings:monitoring", connectionString);
            builder.UseSetting("services:model-registry:grpc:0", platform);
            builder.UseSetting("services:training:grpc:0", platform);
            builder.UseSetting("Evaluation:Window", "01:00:00");
            builder.UseSetting("Evaluation:AllowedLateness", "00:05:00");
            builder.UseSetting("Logging:LogLevel:Default", "Critical");
            builder.UseSetting("Logging:LogLevel:Microsoft.AspNetCore", "Critical");
            if (clock is null)
            {
                builder.UseSetting("Evaluation:Interval", "00:00:00.05");
                builder.UseSetting("Evaluation:QuietPeriod", "00:00:00");
                builder.UseSetting("Retraining:Interval", "00:00:00.05");
                return;
            }

            builder.ConfigureTestServices(services =>
            {
                services.RemoveAll<TimeProvider>();
                services.AddSingleton(clock);
                foreach (var worker in services.Where(service => service.ServiceType == typeof(IHostedService)
                    && Workers.Contains(service.ImplementationType)).ToList())
                {
                    services.Remove(worker);
                }
            });
        }
    }
}
