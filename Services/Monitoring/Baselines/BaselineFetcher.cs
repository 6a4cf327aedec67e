using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Grpc.Core;

namespace CloudNativeAi.Monitoring.Baselines;

/// <summary>Fetches the baseline of each version that predicted, once.</summary>
internal sealed partial class BaselineFetcher(
    BaselineStore store, RegistryArtifacts artifacts, TimeProvider timeProvider, ILogger<BaselineFetcher> logger)
{
    private const string BaselinePath = "baseline.json";
    private const string SignaturePath = "signature.json";
    private static readonly TimeSpan RetryAbsentAfter = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<ModelVersionKey, (long NotBeforeMicros, TimeSpan BackOff)> _failures = new();

    public async Task FetchMissingAsync(CancellationToken cancellationToken)
    {
        var now = timeProvider.Now();
        foreach (var version in await store.ListMissingAsync(now - Micros.From(RetryAbsentAfter), cancellationToken))
        {
            if (_failures.TryGetValue(version, out var failure) && now < failure.NotBeforeMicros)
            {
                continue;
            }

            try
            {
                await FetchAsync(version, cancellationToken);
                _failures.TryRemove(version, out _);
            }
            catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
            {
                // The registry is away. Predictions of this version wait in the log; those of others go on.
                var backOff = failure.BackOff == default ? FirstBackOff : TimeSpan.FromTicks(Math.Min(failure.BackOff.Ticks * 2, LongestBackOff.Ticks));
                _failures[version] = (timeProvider.Now() + Micros.From(backOff), backOff);
                LogRegistryAway(version.ModelName, version.Version, exception.StatusCode, exception.Status.Detail, backOff);
            }
        }
    }

    private async Task FetchAsync(ModelVersionKey version, CancellationToken cancellationToken)
    {
        string? baselineJson = null, signatureJson = null;
        try
        {
            signatureJson = Decode(await artifacts.ReadAsync(version, SignaturePath, cancellationToken));
            baselineJson = Decode(await artifacts.ReadAsync(version, BaselinePath, cancellationToken));
            if (baselineJson is null || signatureJson is null)
            {
                var known = signatureJson is not null && IsSignature(signatureJson) ? signatureJson : null;
                await store.SaveAsync(
                    version, BaselineState.Absent, null, known,
                    $"The registry has no {(signatureJson is null ? SignaturePath : BaselinePath)} of this version.", cancellationToken);
                LogAbsent(version.ModelName, version.Version);
                return;
            }

            BaselineDocument.Parse(baselineJson, signatureJson);
        }
        catch (Exception exception) when (exception is JsonException or InvalidDataException or DecoderFallbackException)
        {
            await store.SaveAsync(version, BaselineState.Invalid, null, null, exception.Message, cancellationToken);
            LogInvalid(version.ModelName, version.Version, exception.Message);
            return;
        }

        await store.SaveAsync(version, BaselineState.Present, baselineJson, signatureJson, "", cancellationToken);
        LogFetched(version.ModelName, version.Version);
    }

    private static bool IsSignature(string json)
    {
        try
        {
            BaselineDocument.ParseSignature(json);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string? Decode(byte[]? utf8)
    {
        if (utf8 is null)
        {
            return null;
        }

        var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(utf8);

        // jsonb cannot hold it, and no name in these files has it.
        return text.Contains("\\u0000", StringComparison.OrdinalIgnoreCase) || text.Contains('\0', StringComparison.Ordinal)
            ? throw new InvalidDataException("The file has a null character.")
            : text;
    }

    [LoggerMessage(LogLevel.Information, "Fetched the baseline of {ModelName} version {Version}")]
    private partial void LogFetched(string modelName, int version);

    [LoggerMessage(LogLevel.Warning, "{ModelName} version {Version} has no baseline in the registry; its drift is not measured")]
    private partial void LogAbsent(string modelName, int version);

    [LoggerMessage(LogLevel.Error, "The baseline of {ModelName} version {Version} is not usable: {Reason}")]
    private partial void LogInvalid(string modelName, int version, string reason);

    [LoggerMessage(LogLevel.Warning, "The baseline of {ModelName} version {Version} could not be fetched ({StatusCode}: {Detail}); next try in {BackOff}")]
    private partial void LogRegistryAway(string modelName, int version, StatusCode statusCode, string detail, TimeSpan backOff);
}
