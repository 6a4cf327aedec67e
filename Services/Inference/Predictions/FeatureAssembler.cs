using System.Runtime.CompilerServices;
using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Inference.Features;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Predictions;

/// <summary>Makes a model's input of a request: online features by entity key, request fields, and the signature's own expressions.</summary>
internal sealed class FeatureAssembler(TimeProvider timeProvider)
{
    // What to ask for is the same for every request of a version.
    private readonly ConditionalWeakTable<FeatureEncoder, Plan> _plans = [];

    /// <exception cref="InferenceException">Something is missing or of the wrong type, or the feature store has no answer.</exception>
    public async Task<FeatureVector> AssembleAsync(FeatureEncoder encoder, PredictionCall call, long? asOfMicros, CancellationToken cancellationToken)
    {
        var request = call.Request;
        var plan = _plans.GetValue(encoder, static encoder => new Plan(encoder));
        var inputs = new ModelValue[encoder.Inputs.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            if (encoder.Inputs[i].Source != RawInputSource.Online)
            {
                inputs[i] = Given(encoder.Inputs[i], request);
            }
        }

        FetchedFeatures? online = null;
        if (plan.OnlineNames.Length > 0)
        {
            var keys = plan.EntityKeys.Select(name => KeyValuePair.Create(name, ValueOf(name, request)!)).ToList();
            online = await call.LookUp.GetAsync(plan.OnlineNames, keys, asOfMicros, call.Deadline, cancellationToken);
            for (var i = 0; i < plan.OnlineNames.Length; i++)
            {
                inputs[plan.OnlinePositions[i]] = online.ValueOf(i);
            }
        }

        var encoded = new double[encoder.FeatureCount];
        var values = new ModelValue[encoder.FeatureCount];
        try
        {
            encoder.Encode(inputs, encoded, values);
        }
        catch (ExpressionException exception)
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"The values do not fit the model version's signature: {exception.Message}", exception);
        }

        var asOf = asOfMicros ?? (online is { AsOfMicros: > 0 } ? online.AsOfMicros : timeProvider.UnixMicroseconds());
        return new FeatureVector(encoder, encoded, values, online, plan.OnlineIndexes, asOf);
    }

    private static ModelValue Given(RawInput input, PredictRequest request)
    {
        var what = input.Source == RawInputSource.EntityKey ? "entity key" : "request field";
        var value = ValueOf(input.Name, request)
            ?? throw InferenceException.Invalid($"The {what} '{input.Name}' ({input.Type.ToName()}) is missing. Send it without a value if it has none.");
        try
        {
            return value.ToModelValue().As(input.Type);
        }
        catch (ExpressionException)
        {
            throw InferenceException.Invalid($"The {what} '{input.Name}' must be of type {input.Type.ToName()}, but a value of {value.KindCase} was sent.");
        }
    }

    // A field that is also an entity key may be sent as either.
    private static Value? ValueOf(string name, PredictRequest request) =>
        request.EntityKeys.TryGetValue(name, out var key) ? key : request.RequestFields.TryGetValue(name, out var field) ? field : null;

    private sealed class Plan
    {
        public Plan(FeatureEncoder encoder)
        {
            EntityKeys = [.. encoder.Signature.EntityKeys.Select(key => key.Name)];
            OnlinePositions = [.. Enumerable.Range(0, encoder.Inputs.Count).Where(index => encoder.Inputs[index].Source == RawInputSource.Online)];
            OnlineNames = [.. OnlinePositions.Select(index => encoder.Inputs[index].Name)];
            OnlineIndexes = OnlineNames.Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => pair.index, StringComparer.Ordinal);
        }

        public string[] EntityKeys { get; }

        public string[] OnlineNames { get; }

        /// <summary>Where each online name stands among the encoder's inputs.</summary>
        public int[] OnlinePositions { get; }

        public Dictionary<string, int> OnlineIndexes { get; }
    }
}
