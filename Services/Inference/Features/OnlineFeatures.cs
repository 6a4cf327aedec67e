using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Modeling;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Features;

/// <summary>Fetches the online features a model version needs, by name, so that it gets what it was trained on even after its service was redefined.</summary>
internal sealed class OnlineFeatures(FeatureRetrieval.FeatureRetrievalClient client, IOptions<FeatureOptions> options, TimeProvider timeProvider)
{
    /// <param name="keys">Join key to value.</param>
    /// <param name="asOfMicros">Null: now.</param>
    /// <exception cref="InferenceException">The feature store is not reachable, or does not know what is asked of it.</exception>
    public async Task<FetchedFeatures> GetAsync(
        IReadOnlyList<string> names, IReadOnlyList<KeyValuePair<string, Value>> keys, long? asOfMicros, DateTime deadline, CancellationToken cancellationToken)
    {
        var request = new GetOnlineFeaturesRequest();
        request.Features.Add(names);
        foreach (var (name, value) in keys)
        {
            request.EntityKeys.Add(new KeyColumn { JoinKey = name, Values = { value } });
        }

        if (asOfMicros is { } asOf)
        {
            request.AsOfMicros = asOf;
        }

        var ownDeadline = timeProvider.GetUtcNow().UtcDateTime + options.Value.Timeout;
        try
        {
            var response = await client.GetOnlineFeaturesAsync(request, deadline: deadline < ownDeadline ? deadline : ownDeadline, cancellationToken: cancellationToken);
            return new FetchedFeatures(names, response);
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

/// <summary>One row of online features.</summary>
internal sealed class FetchedFeatures
{
    private readonly FeatureColumn[] _columns;

    /// <exception cref="InferenceException">The answer is not what was asked for.</exception>
    public FetchedFeatures(IReadOnlyList<string> names, GetOnlineFeaturesResponse response)
    {
        AsOfMicros = response.AsOfMicros;
        _columns = new FeatureColumn[names.Count];
        for (var i = 0; i < names.Count; i++)
        {
            // In the order asked for, as a rule.
            _columns[i] = i < response.Columns.Count && response.Columns[i].Name == names[i]
                ? response.Columns[i]
                : response.Columns.FirstOrDefault(column => column.Name == names[i])
                    ?? throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The feature store did not answer for the feature '{names[i]}'.");
            if (_columns[i].Statuses.Length != 1)
            {
                throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The feature store answered {_columns[i].Statuses.Length} rows for '{names[i]}' where one was asked for.");
            }
        }
    }

    public long AsOfMicros { get; }

    public FeatureStatus StatusOf(int index) => (FeatureStatus)_columns[index].Statuses[0];

    /// <summary>0: none.</summary>
    public long EventTimestampOf(int index) => _columns[index].EventTimestampsMicros.Count == 0 ? 0 : _columns[index].EventTimestampsMicros[0];

    /// <summary>Null unless the value is present: a stale one is null in training sets as well.</summary>
    public ModelValue ValueOf(int index)
    {
        if (StatusOf(index) != FeatureStatus.Present)
        {
            return ModelValue.Null;
        }

        var column = _columns[index];
        return column.Type switch
        {
            Contracts.Common.ValueType.Double => ModelValue.Of(column.Doubles[0]),
            Contracts.Common.ValueType.Int64 => ModelValue.Of(column.Int64S[0]),
            Contracts.Common.ValueType.Bool => ModelValue.Of(column.Bools[0]),
            Contracts.Common.ValueType.String => ModelValue.Of(column.Strings[0]),
            Contracts.Common.ValueType.Timestamp => ModelValue.Timestamp(column.TimestampsMicros[0]),
            _ => throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The feature store answered '{column.Name}' without a type."),
        };
    }
}
