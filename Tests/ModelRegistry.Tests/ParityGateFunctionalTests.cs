using System.Net;
using System.Net.Http.Json;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.TestSupport;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace CloudNativeAi.ModelRegistry.Tests;

/// <summary>A version is held back while its features are not served as training sees them.</summary>
public sealed class ParityGateFunctionalTests(PostgresServer postgres) : IAsyncLifetime
{
    private readonly Verdicts _verdicts = new();
    private GrpcTestServer _featureStore = null!;
    private RegistryHost _registry = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _featureStore = await GrpcTestServer.StartAsync(
            services => services.AddSingleton(_verdicts), routes => routes.MapGrpcService<ParityService>());
        _registry = await RegistryHost.StartAsync(postgres, builder => builder.UseSetting("services:feature-store:grpc:0", _featureStore.Address));
        foreach (var seed in Enumerable.Range(0, 3))
        {
            await RegisterAsync("churn", "delays", seed);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _registry.DisposeAsync();
        await _featureStore.DisposeAsync();
    }

    [Fact]
    public async Task Version_is_not_made_champion_while_mismatches_are_open_and_is_when_they_are_closed()
    {
        _verdicts.Of["delays"] = Held("origin_windows:dep_delay_sum_1h");

        var held = await RefusedAsync("champion", 1);

        Assert.Equal(StatusCode.FailedPrecondition, held.StatusCode);
        Assert.Contains("'delays', of which 3 served values", held.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("origin_windows:dep_delay_sum_1h", held.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("Parity.ResolveMismatches", held.Status.Detail, StringComparison.Ordinal);
        Assert.Empty((await _registry.Client.ListAliasHistoryAsync(new ListAliasHistoryRequest { ModelName = "churn" }, cancellationToken: Cancelled)).Changes);

        _verdicts.Of["delays"] = new ParityVerdict();
        Assert.Equal(1, (await SetAsync("champion", 1)).ToVersion);
    }

    [Fact]
    public async Task Override_needs_a_reason_and_is_kept_in_the_audit_log()
    {
        _verdicts.Of["delays"] = Held("origin_windows:dep_delay_sum_1h");
        var request = Uploads.Alias("churn", "champion", 1);

        request.ParityOverride = "  ";
        var blank = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.SetAliasAsync(request, cancellationToken: Cancelled).ResponseAsync);
        request.ParityOverride = new string('x', 2_001);
        var tooLong = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.SetAliasAsync(request, cancellationToken: Cancelled).ResponseAsync);
        request.ParityOverride = "the feature is not in this model's first split";
        await _registry.Client.SetAliasAsync(request, cancellationToken: Cancelled);

        Assert.Equal((StatusCode.InvalidArgument, StatusCode.InvalidArgument), (blank.StatusCode, tooLong.StatusCode));
        Assert.Equal(0, _verdicts.Asked);
        var audit = await _registry.Http.GetFromJsonAsync<AuditEntryDocument[]>("/v1/models/churn/audit?pageSize=1", Cancelled);
        Assert.Contains("the feature is not in this model's first split", audit![0].Detail.GetRawText().Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rollback_repeated_move_other_alias_and_version_without_a_feature_service_are_let_through()
    {
        await SetAsync("champion", 1);
        await SetAsync("champion", 2);
        await RegisterAsync("other", service: null, seed: 9);
        _verdicts.Of["delays"] = Held("origin_windows:dep_delay_sum_1h");

        await SetAsync("champion", 2);
        await SetAsync("champion", 1);
        await SetAsync("challenger", 3);
        await _registry.Client.SetAliasAsync(Uploads.Alias("other", "champion", 1), cancellationToken: Cancelled);

        Assert.Equal(StatusCode.FailedPrecondition, (await RefusedAsync("champion", 3)).StatusCode);
    }

    [Fact]
    public async Task Feature_service_that_is_not_defined_holds_nothing_back()
    {
        await RegisterAsync("other", "forgotten", seed: 9);

        Assert.Equal(1, (await _registry.Client.SetAliasAsync(Uploads.Alias("other", "champion", 1), cancellationToken: Cancelled)).ToVersion);
    }

    [Fact]
    public async Task Feature_store_that_cannot_be_asked_is_said_and_can_be_overridden()
    {
        _verdicts.Fault = StatusCode.Internal;

        Assert.Equal(StatusCode.Unavailable, (await RefusedAsync("champion", 1)).StatusCode);
        using var unknown = await PutAsync(new SetAliasDocument(1, "why"));
        using var overridden = await PutAsync(new SetAliasDocument(1, "why", ParityOverride: "the feature store is being moved"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (unknown.StatusCode, overridden.StatusCode));
    }

    [Fact]
    public async Task Http_answers_with_a_problem()
    {
        _verdicts.Of["delays"] = Held("origin_latest:gate");

        using var held = await PutAsync(new SetAliasDocument(1, "why"));
        using var blank = await PutAsync(new SetAliasDocument(1, "why", ParityOverride: " "));

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.BadRequest), (held.StatusCode, blank.StatusCode));
        Assert.Contains("origin_latest:gate", await held.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    private static ParityVerdict Held(string feature) => new() { Unresolved = 3, Features = { feature }, NewestFoundMicros = 1 };

    private Task<ModelVersion> RegisterAsync(string model, string? service, int seed)
    {
        var header = Uploads.Header(model, Uploads.Distinct(seed));
        if (service is not null)
        {
            header.Lineage["feature_service"] = service;
        }

        return _registry.Client.UploadAsync(header, [.. Uploads.Distinct(seed).Select(file => file.Item2)]);
    }

    private async Task<AliasChange> SetAsync(string alias, int version) =>
        await _registry.Client.SetAliasAsync(Uploads.Alias("churn", alias, version), cancellationToken: Cancelled);

    private Task<RpcException> RefusedAsync(string alias, int version) => Assert.ThrowsAsync<RpcException>(() => SetAsync(alias, version));

    private Task<HttpResponseMessage> PutAsync(SetAliasDocument body) => _registry.Http.PutAsJsonAsync("/v1/models/churn/aliases/champion", body, Cancelled);

    /// <summary>What the feature store says of a service; of one that is not in here, that there is none.</summary>
    private sealed class Verdicts
    {
        private int _asked;

        public Dictionary<string, ParityVerdict> Of { get; } = new() { ["delays"] = new ParityVerdict() };

        public StatusCode? Fault { get; set; }

        public int Asked => Volatile.Read(ref _asked);

        public ParityVerdict Judge(string service)
        {
            Interlocked.Increment(ref _asked);
            return Fault is { } fault ? throw new RpcException(new Status(fault, "broken"))
                : Of.TryGetValue(service, out var verdict) ? verdict : throw new RpcException(new Status(StatusCode.NotFound, "none"));
        }
    }

    private sealed class ParityService(Verdicts verdicts) : Parity.ParityBase
    {
        public override Task<ParityVerdict> CheckParity(CheckParityRequest request, ServerCallContext context) =>
            Task.FromResult(verdicts.Judge(request.FeatureService));
    }
}
