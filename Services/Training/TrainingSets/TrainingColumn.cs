using CloudNativeAi.Modeling;

namespace CloudNativeAi.Training.TrainingSets;

/// <summary>One column of a training set: numbers, bools and instants as 64 bits, strings as they are.</summary>
internal sealed class TrainingColumn(string name, ModelType type, int capacity)
{
    private readonly List<long> _bits = type == ModelType.String ? [] : new List<long>(capacity);
    private readonly List<string?> _texts = type == ModelType.String ? new List<string?>(capacity) : [];
    private readonly List<bool> _nulls = new(capacity);

    public string Name { get; } = name;

    public ModelType Type { get; } = type;

    public ModelValue this[int row] => _nulls[row] ? default : Type switch
    {
        ModelType.String => ModelValue.Of(_texts[row]),
        ModelType.Int64 => ModelValue.Of(_bits[row]),
        ModelType.Double => ModelValue.Of(BitConverter.Int64BitsToDouble(_bits[row])),
        ModelType.Bool => ModelValue.Of(_bits[row] != 0),
        _ => ModelValue.Timestamp(_bits[row]),
    };

    public void Add(ModelValue value)
    {
        _nulls.Add(value.IsNull);
        if (Type == ModelType.String)
        {
            _texts.Add(value.IsNull ? null : value.AsString());
            return;
        }

        _bits.Add(value.IsNull ? 0 : Type switch
        {
            ModelType.Int64 => value.AsInt64(),
            ModelType.Double => BitConverter.DoubleToInt64Bits(value.AsNumber()),
            ModelType.Bool => value.AsBool() ? 1 : 0,
            _ => value.AsTimestamp(),
        });
    }
}
