using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Features;

/// <summary>Fetches the online features a model version needs, by name, so that it gets what it was trained on even after its service was redefined.</summary>
internal sealed class OnlineFeatures(FeatureRetrieval.FeatureRetrievalClient client, IOptions<FeatureOptions> options, TimeProvider timeProvider) : FeatureLookUp
{
    public override async Task<FetchedFeatures> GetAsync(
        IReadOnlyList<string> names, IReadOnlyList<KeyValuePair<string, Value>> keys, long? asOfMicros, DateTime deadline, CancellationToken cancellationToken) =>
        (await GetAsync(names, [keys], asOfMicros, deadline, cancellationToken))[0];

    /// <summary>The features of several entities by one call.</summary>
    /// <param name="rows">Join key to value, of each entity; all with the same join keys in the same order.</param>
    /// <returns>One for each row, in order.</returns>
    /// <exception cref="InferenceException">The feature store is not reachable, or does not know what is asked of it.</exception>
    public async Task<IReadOnlyList<FetchedFeatures>> GetAsync(
        IReadOnlyList<string> names, IReadOnlyList<IReadOnlyList<KeyValuePair<string, Value>>> rows, long? asOfMicros, DateTime deadline, CancellationToken cancellationToken)
    {
        var request = new GetOnlineFeaturesRequest();
        request.Features.Add(names);
        for (var key = 0; key < rows[0].Count; key++)
        {
            var column = new KeyColumn { JoinKey = rows[0][key].Key };
            column.Values.Add(rows.Select(row => row[key].Value));
            request.EntityKeys.Add(column);
        }

        if (asOfMicros is { } asOf)
        {
            request.AsOfMicros = asOf;
        }

        var ownDeadline = timeProvider.GetUtcNow().UtcDateTime + options.Value.Timeout;
        try
        {
            var response = await client.GetOnlineFeaturesAsync(request, deadline: deadline < ownDeadline ? deadline : ownDeadline, cancellationToken: cancellationToken);
            return FetchedFeatures.Read(names, response, rows.Count);
        }
        catch (RpcException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Translate(exception);
        }
    }

    private InferenceException Translate(RpcException exception) => exception.StatusCode switch
    {
        StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown =>
            new(InferenceErrorKind.Unavailable, $"The feature store cannot be reached or is not ready, so there is nothing to predict from; retry later. ({exception.Status.Detail})", exception),
        StatusCode.DeadlineExceeded =>
            new(InferenceErrorKind.Unavailable, $"The feature store did not answer in time (at most {options.Value.Timeout}); retry later.", exception),
        StatusCode.ResourceExhausted =>
            new(InferenceErrorKind.ResourceExhausted, $"The feature store is overloaded: {exception.Status.Detail}", exception),
        StatusCode.NotFound or StatusCode.FailedPrecondition =>
            new(InferenceErrorKind.FailedPrecondition, $"The feature store does not have the features of this model version: {exception.Status.Detail}", exception),
        _ => new(InferenceErrorKind.InvalidArgument, $"The feature store refuses the request: {exception.Status.Detail}", exception),
    };
}
