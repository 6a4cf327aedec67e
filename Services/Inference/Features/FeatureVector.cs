using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.FeatureStore;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Modeling;
using ValueType = CloudNativeAi.Contracts.Common.ValueType;

namespace CloudNativeAi.Inference.Features;

/// <summary>The raw values of one prediction, in the order in which the version's encoder wants them, with where each came from.</summary>
internal sealed class FeatureVector(FeatureEncoder encoder)
{
    private readonly ModelValue[] _inputs = new ModelValue[encoder.Inputs.Count];
    private readonly Dictionary<string, (FeatureStatus Status, long EventTimestamp, ModelValue Value)> _online = new(StringComparer.Ordinal);

    /// <summary>Numbers for the model.</summary>
    public double[] Encoded { get; } = new double[encoder.FeatureCount];

    /// <summary>Keys and fields of the request; every one the version needs must be there, a null value is allowed.</summary>
    /// <exception cref="InferenceException">One is missing, unknown or of another type.</exception>
    public void ReadRequest(PredictRequest request)
    {
        for (var index = 0; index < encoder.Inputs.Count; index++)
        {
            var input = encoder.Inputs[index];
            if (input.Source == RawInputSource.Online)
            {
                continue;
            }

            var values = input.Source == RawInputSource.EntityKey ? request.EntityKeys : request.RequestFields;
            if (!values.TryGetValue(input.Name, out var value))
            {
                throw InferenceException.Invalid($"The {(input.Source == RawInputSource.EntityKey ? "entity key" : "request field")} '{input.Name}' is missing; send it, with no value when it is unknown.");
            }

            _inputs[index] = Convert(value, input);
        }

        RefuseUnknown(request.EntityKeys.Keys, RawInputSource.EntityKey, "entity key");
        RefuseUnknown(request.RequestFields.Keys, RawInputSource.RequestField, "request field");
    }

    /// <summary>Values of the online store, row 0; a value that is too old is missing for the model.</summary>
    public void ReadOnline(GetOnlineFeaturesResponse response)
    {
        foreach (var column in response.Columns)
        {
            var status = (FeatureStatus)column.Statuses[0];
            _online[column.Name] = (status, column.EventTimestampsMicros[0], status == FeatureStatus.Present ? Read(column) : ModelValue.Null);
        }

        for (var index = 0; index < encoder.Inputs.Count; index++)
        {
            var input = encoder.Inputs[index];
            if (input.Source == RawInputSource.Online)
            {
                _inputs[index] = _online.TryGetValue(input.Name, out var online)
                    ? online.Value
                    : throw new InferenceException(
                        InferenceErrorKind.FailedPrecondition,
                        $"The feature store no longer has '{input.Name}', which this model version was trained on; restore the feature or train again.");
            }
        }
    }

    public void Encode() => encoder.Encode(_inputs, Encoded);

    /// <summary>Seconds between the oldest value used and the instant asked for; 0 without online values.</summary>
    public double MaxAgeSeconds(long asOfMicros) => _online.Values
        .Where(online => online.Status == FeatureStatus.Present && online.EventTimestamp > 0)
        .Select(online => (asOfMicros - online.EventTimestamp) / 1e6)
        .DefaultIfEmpty(0)
        .Max();

    /// <summary>What the model saw: its columns in order, and the online values that only expressions used.</summary>
    public void Describe(PredictResponse response)
    {
        var values = new ModelValue[encoder.FeatureCount];
        encoder.Encode(_inputs, Encoded, values);
        var columns = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < values.Length; index++)
        {
            var feature = encoder.Signature.Features[index];
            columns.Add(feature.Name);
            response.Features.Add(Describe(feature.Name, values[index], Encoded[index]));
        }

        foreach (var input in encoder.Inputs.Where(input => input.Source == RawInputSource.Online && !columns.Contains(input.Name)))
        {
            response.ExpressionInputs.Add(Describe(input.Name, _online[input.Name].Value, double.NaN));
        }
    }

    private PredictedFeature Describe(string name, ModelValue value, double encoded)
    {
        var described = new PredictedFeature { Name = name, Value = ToContract(value), Encoded = encoded };
        if (_online.TryGetValue(name, out var online))
        {
            described.Status = online.Status;
            described.EventTimestampMicros = online.EventTimestamp;
        }
        else
        {
            described.Status = value.IsNull ? FeatureStatus.NullValue : FeatureStatus.Present;
        }

        return described;
    }

    private void RefuseUnknown(IEnumerable<string> names, RawInputSource source, string kind)
    {
        foreach (var name in names)
        {
            if (!encoder.Inputs.Any(input => input.Source == source && input.Name == name))
            {
                var known = encoder.Inputs.Where(input => input.Source == source).Select(input => input.Name);
                throw InferenceException.Invalid($"There is no {kind} '{name}'; this version takes {string.Join(", ", known)}.");
            }
        }
    }

    private static ModelValue Convert(Value value, RawInput input)
    {
        var converted = value.KindCase switch
        {
            Value.KindOneofCase.StringValue => ModelValue.Of(value.StringValue),
            Value.KindOneofCase.Int64Value => ModelValue.Of(value.Int64Value),
            Value.KindOneofCase.DoubleValue => ModelValue.Of(value.DoubleValue),
            Value.KindOneofCase.BoolValue => ModelValue.Of(value.BoolValue),
            Value.KindOneofCase.TimestampMicros => ModelValue.Timestamp(value.TimestampMicros),
            _ => ModelValue.Null,
        };
        try
        {
            return converted.As(input.Type);
        }
        catch (ExpressionException exception)
        {
            throw new InferenceException(InferenceErrorKind.InvalidArgument, $"'{input.Name}' must be of type {input.Type.ToName()}: {exception.Message}.", exception);
        }
    }

    private static ModelValue Read(FeatureColumn column) => column.Type switch
    {
        ValueType.Double => ModelValue.Of(column.Doubles[0]),
        ValueType.Int64 => ModelValue.Of(column.Int64S[0]),
        ValueType.Bool => ModelValue.Of(column.Bools[0]),
        ValueType.String => ModelValue.Of(column.Strings[0]),
        ValueType.Timestamp => ModelValue.Timestamp(column.TimestampsMicros[0]),
        _ => ModelValue.Null,
    };

    private static Value ToContract(ModelValue value) => value.IsNull ? new Value() : value.Type switch
    {
        ModelType.String => new Value { StringValue = value.AsString() },
        ModelType.Int64 => new Value { Int64Value = value.AsInt64() },
        ModelType.Bool => new Value { BoolValue = value.AsBool() },
        ModelType.Timestamp => new Value { TimestampMicros = value.AsTimestamp() },
        ModelType.Double => new Value { DoubleValue = value.AsNumber() },
        _ => new Value(),
    };
}
