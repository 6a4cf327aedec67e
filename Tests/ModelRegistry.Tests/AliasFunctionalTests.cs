using System.Net;
using System.Net.Http.Json;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.TestSupport;
using Grpc.Core;
using Npgsql;

namespace CloudNativeAi.ModelRegistry.Tests;

public sealed class AliasFunctionalTests(PostgresServer postgres) : IAsyncLifetime
{
    private RegistryHost _registry = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _registry = await RegistryHost.StartAsync(postgres);
        for (var seed = 0; seed < 3; seed++)
        {
            await _registry.Client.RegisterAsync("churn", Uploads.Distinct(seed));
        }
    }

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Fact]
    public async Task Alias_moves_and_its_history_is_kept()
    {
        await SetAsync("champion", 1);
        await SetAsync("champion", 2);
        await _registry.Client.DeleteAliasAsync(new DeleteAliasRequest { ModelName = "churn", Alias = "champion", Reason = "rollback" }, cancellationToken: Cancelled);

        var history = await _registry.Client.ListAliasHistoryAsync(new ListAliasHistoryRequest { ModelName = "churn" }, cancellationToken: Cancelled);

        Assert.Equal([(2, 0), (1, 2), (0, 1)], history.Changes.Select(change => (change.FromVersion, change.ToVersion)));
        Assert.Equal("rollback", history.Changes[0].Reason);
        var gone = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.GetModelVersionAsync(new GetModelVersionRequest { ModelName = "churn", Alias = "champion" }, cancellationToken: Cancelled).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task Of_concurrent_moves_with_the_same_expectation_one_wins()
    {
        await SetAsync("champion", 1);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            try
            {
                await SetAsync("champion", 2 + (i % 2), expected: 1);
                return true;
            }
            catch (RpcException exception) when (exception.StatusCode == StatusCode.Aborted)
            {
                return false;
            }
        }));

        // The winner's own move, repeated, is not a conflict: five ask for the version that won.
        Assert.Equal(5, outcomes.Count(won => won));
        var history = await _registry.Client.ListAliasHistoryAsync(new ListAliasHistoryRequest { ModelName = "churn" }, cancellationToken: Cancelled);
        Assert.Equal(2, history.Changes.Count);
    }

    [Fact]
    public async Task Unexpected_current_version_aborts()
    {
        await SetAsync("champion", 1);

        var wrong = await Assert.ThrowsAsync<RpcException>(() => SetAsync("champion", 2, expected: 3));
        var exists = await Assert.ThrowsAsync<RpcException>(() => SetAsync("champion", 2, expected: 0));
        await SetAsync("challenger", 2, expected: 0);

        Assert.Equal((StatusCode.Aborted, StatusCode.Aborted), (wrong.StatusCode, exists.StatusCode));
        Assert.Contains("points to version 1", wrong.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Repeated_move_changes_nothing()
    {
        var first = await SetAsync("champion", 1, expected: 0);
        var again = await SetAsync("champion", 1, expected: 0);

        Assert.Equal(first, again);
    }

    [Theory]
    [InlineData("churn", "champion", 1, "", StatusCode.InvalidArgument)]
    [InlineData("churn", "champion", 1, "   ", StatusCode.InvalidArgument)]
    [InlineData("churn", "latest", 1, "why", StatusCode.InvalidArgument)]
    [InlineData("churn", "v1", 1, "why", StatusCode.InvalidArgument)]
    [InlineData("churn", "Champion", 1, "why", StatusCode.InvalidArgument)]
    [InlineData("churn", "", 1, "why", StatusCode.InvalidArgument)]
    [InlineData("churn", "champion", 9, "why", StatusCode.NotFound)]
    [InlineData("churn", "champion", -1, "why", StatusCode.NotFound)]
    [InlineData("none", "champion", 1, "why", StatusCode.NotFound)]
    public async Task Bad_move_is_refused(string model, string alias, int version, string reason, StatusCode expected)
    {
        var request = new SetAliasRequest { ModelName = model, Alias = alias, Version = version, Reason = reason };

        var refused = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.SetAliasAsync(request, cancellationToken: Cancelled).ResponseAsync);

        Assert.Equal(expected, refused.StatusCode);
    }

    [Fact]
    public async Task History_and_audit_log_cannot_be_rewritten()
    {
        await SetAsync("champion", 1);
        await using var connection = new NpgsqlConnection(_registry.ConnectionString);
        await connection.OpenAsync(Cancelled);

        foreach (var sql in (string[])["DELETE FROM alias_changes", "UPDATE audit_log SET reason = 'x'", "TRUNCATE audit_log"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Cancelled));
        }
    }

    [Fact]
    public async Task Alias_is_set_and_read_over_http()
    {
        using var put = await _registry.Http.PutAsJsonAsync("/v1/models/churn/aliases/champion", new SetAliasDocument(2, "better AUC", "ops", 0), Cancelled);
        using var conflict = await _registry.Http.PutAsJsonAsync("/v1/models/churn/aliases/champion", new SetAliasDocument(3, "again", "ops", 1), Cancelled);
        using var noReason = await _registry.Http.PutAsJsonAsync("/v1/models/churn/aliases/champion", new SetAliasDocument(3, ""), Cancelled);
        using var noBody = await _registry.Http.PutAsJsonAsync("/v1/models/churn/aliases/champion", new { version = 3 }, Cancelled);
        using var noVersion = await _registry.Http.PutAsJsonAsync("/v1/models/churn/aliases/champion", new { reason = "why" }, Cancelled);
        var version = await _registry.Http.GetFromJsonAsync<ModelVersionDocument>("/v1/models/churn/aliases/champion", Cancelled);
        var audit = await _registry.Http.GetFromJsonAsync<AuditEntryDocument[]>("/v1/models/churn/audit?pageSize=1", Cancelled);

        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, conflict.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, noReason.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, noBody.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, noVersion.StatusCode);
        Assert.Equal(2, version!.Version);
        Assert.Equal(("set_alias", "better AUC", "ops"), (audit![0].Action, audit[0].Reason, audit[0].Actor));
    }

    [Fact]
    public async Task Traffic_policy_is_part_of_the_state_and_bounded()
    {
        var request = new SetTrafficPolicyRequest { ModelName = "churn", Traffic = new TrafficPolicy { ChallengerShare = 0.25, ShadowChallenger = true }, Reason = "canary" };
        var state = await _registry.Client.SetTrafficPolicyAsync(request, cancellationToken: Cancelled);

        Assert.Equal(request.Traffic, state.Traffic);
        foreach (var share in (double[])[-0.1, 1.1, double.NaN])
        {
            request.Traffic = new TrafficPolicy { ChallengerShare = share };
            var refused = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.SetTrafficPolicyAsync(request, cancellationToken: Cancelled).ResponseAsync);
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        }
    }

    private async Task<AliasChange> SetAsync(string alias, int version, int? expected = null) =>
        await _registry.Client.SetAliasAsync(Uploads.Alias("churn", alias, version, expected), cancellationToken: Cancelled);
}
