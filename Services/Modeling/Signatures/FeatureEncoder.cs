using System.Buffers;
using System.Collections.Frozen;
using System.Text.Json;

namespace CloudNativeAi.Modeling;

/// <summary>
/// Turns named raw values into the row of doubles the model was trained on: computes the request features, numbers the
/// categories, writes NaN where there is no value. Immutable and safe for concurrent use.
/// </summary>
public sealed class FeatureEncoder
{
    /// <summary>Numbers this near to zero are zero: LightGBM reads them so, ONNX Runtime would not, and a split may sit there.</summary>
    public const double ZeroMagnitude = 1e-35f;

    private readonly List<RawInput> _inputs = [];
    private readonly Dictionary<string, int> _slots = new(StringComparer.Ordinal);
    private readonly ComputedSlot[] _computed;
    private readonly EncodedFeature[] _features;

    /// <exception cref="JsonException">The signature contradicts itself.</exception>
    /// <exception cref="ExpressionException">An expression does not parse or does not fit its fields.</exception>
    public FeatureEncoder(ModelSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        Signature = signature;

        foreach (var key in signature.EntityKeys)
        {
            AddInput(key.Name, key.Type, RawInputSource.EntityKey);
        }

        foreach (var field in signature.RequestFields)
        {
            AddInput(field.Name, field.Type, RawInputSource.RequestField);
        }

        foreach (var feature in signature.Features.Where(feature => feature.Origin == FeatureOrigin.Online))
        {
            AddInput(feature.Name, feature.Type, RawInputSource.Online);
        }

        var expressions = signature.RequestFeatures.Select(feature => (Feature: feature, Expression: Expression.Parse(feature.Expression))).ToList();
        AddOnlineInputsOfExpressions(expressions);
        _computed = [.. Compile(expressions)];
        _features = [.. signature.Features.Select(Locate)];

        if (signature.Inputs is not [{ Name: ModelSignature.InputName, Datatype: ModelSignature.Fp64, Shape: [-1, var width] }] || width != _features.Length)
        {
            throw new JsonException($"signature.json: the input must be one tensor 'features' of FP64 [-1, {_features.Length}], as many columns as features.");
        }

        if (signature.ClassLabels.Count != 2)
        {
            throw new JsonException("signature.json: two class labels are needed.");
        }
    }

    public ModelSignature Signature { get; }

    /// <summary>The raw values needed, in the order that encoding wants them: entity keys, request fields, online features.</summary>
    public IReadOnlyList<RawInput> Inputs => _inputs;

    /// <summary>Columns of the model's input.</summary>
    public int FeatureCount => _features.Length;

    /// <summary>Encodes one row.</summary>
    /// <param name="inputs">In the order of <see cref="Inputs"/>; an int64 may stand for a double.</param>
    /// <param name="encoded">Receives <see cref="FeatureCount"/> numbers.</param>
    /// <exception cref="ExpressionException">A value has another type than the signature says.</exception>
    public void Encode(ReadOnlySpan<ModelValue> inputs, Span<double> encoded) => Encode(inputs, encoded, default);

    /// <summary>Encodes one row and shows the values behind the numbers.</summary>
    /// <param name="values">Receives the value of each feature before it became a number; may be empty.</param>
    public void Encode(ReadOnlySpan<ModelValue> inputs, Span<double> encoded, Span<ModelValue> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(inputs.Length, _inputs.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(encoded.Length, _features.Length);

        var slotCount = inputs.Length + _computed.Length;
        var rented = ArrayPool<ModelValue>.Shared.Rent(2 * slotCount);
        try
        {
            var slots = rented.AsSpan(0, slotCount);
            for (var index = 0; index < inputs.Length; index++)
            {
                slots[index] = inputs[index].As(_inputs[index].Type);
            }

            for (var index = 0; index < _computed.Length; index++)
            {
                slots[inputs.Length + index] = _computed[index].Evaluate(slots, rented.AsSpan(slotCount, slotCount));
            }

            for (var index = 0; index < _features.Length; index++)
            {
                var value = slots[_features[index].Slot];
                encoded[index] = _features[index].Encode(value);
                if (!values.IsEmpty)
                {
                    values[index] = value;
                }
            }
        }
        finally
        {
            // The values hold strings: don't keep them alive.
            ArrayPool<ModelValue>.Shared.Return(rented, clearArray: true);
        }
    }

    private void AddInput(string name, ModelType type, RawInputSource source)
    {
        if (!_slots.TryAdd(name, _inputs.Count))
        {
            // A request field that is also an entity key is one value; it is asked for once.
            var known = _inputs[_slots[name]];
            if (known.Type != type || source == RawInputSource.Online)
            {
                throw new JsonException($"signature.json: '{name}' is there twice.");
            }

            return;
        }

        _inputs.Add(new RawInput(name, type, source));
    }

    // An online feature that only an expression uses, such as a timestamp, is not a column but must be fetched.
    private void AddOnlineInputsOfExpressions(List<(SignatureRequestFeature Feature, Expression Expression)> expressions)
    {
        foreach (var input in Signature.ExpressionInputs ?? [])
        {
            if (!_slots.ContainsKey(input.Name) && expressions.Exists(expression => expression.Expression.Fields.Contains(input.Name)))
            {
                AddInput(input.Name, input.Type, RawInputSource.Online);
            }
        }
    }

    private List<ComputedSlot> Compile(List<(SignatureRequestFeature Feature, Expression Expression)> expressions)
    {
        var types = _inputs.ToDictionary(input => input.Name, input => input.Type, StringComparer.Ordinal);
        var computed = new List<ComputedSlot>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (feature, expression) in expressions)
        {
            var type = expression.Check(types);
            if (type != feature.Type && (type, feature.Type) != (ModelType.Int64, ModelType.Double))
            {
                throw new ExpressionException($"the request feature '{feature.Name}' is declared {feature.Type.ToName()}, but '{feature.Expression}' is {type.ToName()}");
            }

            if (!names.Add(feature.Name))
            {
                throw new JsonException($"signature.json: the request feature '{feature.Name}' is there twice.");
            }

            computed.Add(new ComputedSlot(expression, feature.Type, [.. expression.Fields.Select(field => _slots[field])]));

            // From here on the name means the feature, even where a request field has the same one.
            types[feature.Name] = feature.Type;
            _slots[feature.Name] = _inputs.Count + computed.Count - 1;
        }

        return computed;
    }

    private EncodedFeature Locate(SignatureFeature feature)
    {
        if (!_slots.TryGetValue(feature.Name, out var slot) || (feature.Origin == FeatureOrigin.Request) != (slot >= _inputs.Count))
        {
            throw new JsonException($"signature.json: the feature '{feature.Name}' is not one of the {(feature.Origin == FeatureOrigin.Request ? "request features" : "online features")}.");
        }

        var isCategorical = feature.Kind == FeatureKind.Categorical;
        if (isCategorical != (feature.Type == ModelType.String) || isCategorical != feature.Vocabulary is not null || feature.Type is ModelType.Timestamp)
        {
            throw new JsonException($"signature.json: the feature '{feature.Name}' of type {feature.Type.ToName()} cannot be {(isCategorical ? "categorical" : "numeric")}.");
        }

        var numbers = feature.Vocabulary?.Select((category, number) => KeyValuePair.Create(category, (double)number)).ToFrozenDictionary(StringComparer.Ordinal);
        return new EncodedFeature(slot, feature.Type, numbers);
    }

    private sealed record ComputedSlot(Expression Expression, ModelType Type, int[] FieldSlots)
    {
        public ModelValue Evaluate(ReadOnlySpan<ModelValue> slots, Span<ModelValue> scratch)
        {
            for (var index = 0; index < FieldSlots.Length; index++)
            {
                scratch[index] = slots[FieldSlots[index]];
            }

            return Expression.Evaluate(scratch[..FieldSlots.Length]).As(Type);
        }
    }

    private readonly record struct EncodedFeature(int Slot, ModelType Type, FrozenDictionary<string, double>? Numbers)
    {
        public double Encode(ModelValue value)
        {
            if (value.IsNull)
            {
                return double.NaN;
            }

            if (Numbers is not null)
            {
                return Numbers.TryGetValue(value.AsString(), out var number) ? number : double.NaN;
            }

            if (Type == ModelType.Bool)
            {
                return value.AsBool() ? 1 : 0;
            }

            var numeric = value.AsNumber();
            return Math.Abs(numeric) <= ZeroMagnitude ? 0 : double.IsFinite(numeric) ? numeric : double.NaN;
        }
    }
}

/// <summary>A raw value the encoder needs.</summary>
public sealed record RawInput(string Name, ModelType Type, RawInputSource Source);

public enum RawInputSource
{
    EntityKey,
    RequestField,

    /// <summary>By the name <c>view:feature</c> from the online store.</summary>
    Online,
}
