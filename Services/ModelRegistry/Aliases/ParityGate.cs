using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.ModelRegistry.ModelVersions;
using Grpc.Core;

namespace CloudNativeAi.ModelRegistry.Aliases;

/// <param name="IsKnown">False: it could not be found out, so asking again may help.</param>
internal sealed record ParityObjection(bool IsKnown, string Message);

/// <summary>
/// Holds a version back from <c>champion</c> while something served of its features is not what training sees: its figures then say
/// nothing about what it will do. A version that has been champion before is let through: a rollback must not wait for anything.
/// </summary>
internal sealed partial class ParityGate(
    AliasStore aliases, ModelVersionStore versions, Parity.ParityClient parity, TimeProvider timeProvider, ILogger<ParityGate> logger)
{
    private const string Champion = "champion";
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>Null when the move may be made, as far as parity goes.</summary>
    public async Task<ParityObjection?> FindObjectionAsync(AliasMove move, CancellationToken cancellationToken)
    {
        if (move.Alias != Champion || move.ParityOverride.Length > 0 || await aliases.HadAsync(move, cancellationToken)
            || await versions.FindAsync(move.ModelName, move.Version, cancellationToken) is not { } version
            || version.Lineage.GetValueOrDefault("feature_service") is not { Length: > 0 } service)
        {
            return null;
        }

        if (await JudgeAsync(service, cancellationToken) is not { } verdict)
        {
            return new ParityObjection(
                false, $"Whether the features of '{service}' are served as training sees them cannot be checked: the feature store does not answer. Try again, or give 'parity_override' a reason.");
        }

        if (verdict.Unresolved == 0)
        {
            return null;
        }

        LogHeld(move.ModelName, move.Version, service, verdict.Unresolved);
        return new ParityObjection(
            true,
            $"Version {move.Version} of '{move.ModelName}' reads the feature service '{service}', of which {verdict.Unresolved} served values are not what training sees: {string.Join(", ", verdict.Features)}. "
            + "Find out why (Parity.GetParity of the feature store) and close them (Parity.ResolveMismatches), or give 'parity_override' a reason.");
    }

    // Null when the feature store cannot say.
    private async Task<ParityVerdict?> JudgeAsync(string service, CancellationToken cancellationToken)
    {
        try
        {
            return await parity.CheckParityAsync(
                new CheckParityRequest { FeatureService = service }, deadline: timeProvider.GetUtcNow().UtcDateTime + LongestWait, cancellationToken: cancellationToken);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            // Nothing is served of it, so nothing was served wrongly.
            return new ParityVerdict();
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogUnknown(service, exception.Status.Detail);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Version {Version} of model {ModelName} is not made champion: {Count} parity mismatches of the feature service '{Service}' are open")]
    private partial void LogHeld(string modelName, int version, string service, long count);

    [LoggerMessage(LogLevel.Warning, "The feature store does not say whether parity holds for the feature service '{Service}': {Detail}")]
    private partial void LogUnknown(string service, string detail);
}
