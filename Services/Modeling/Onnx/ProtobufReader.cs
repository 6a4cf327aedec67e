using System.Text;

namespace CloudNativeAi.Modeling.Onnx;

/// <summary>Walks the fields of one message in the protobuf wire format (protobuf.dev/programming-guides/encoding), without its schema.</summary>
/// <param name="message">The message's bytes.</param>
public ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int VarintType = 0;
    private const int Fixed64Type = 1;
    private const int LengthType = 2;
    private const int Fixed32Type = 5;

    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Value of the current field when it is a varint.</summary>
    public long Number { get; private set; }

    /// <summary>Value of the current field when it has a length: bytes, text, a message or packed numbers.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Value of the current field when it is text.</summary>
    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>Goes to the next field; false at the end.</summary>
    /// <exception cref="FormatException">The message is cut off or is none.</exception>
    public bool Read()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var key = Varint();
        Field = (int)(key >> 3);
        Number = 0;
        Bytes = [];
        switch ((int)(key & 7))
        {
            case VarintType:
                Number = (long)Varint();
                break;
            case Fixed64Type:
                Bytes = Take(8);
                break;
            case LengthType:
                Bytes = Take(Varint());
                break;
            case Fixed32Type:
                Bytes = Take(4);
                break;
            default:
                throw new FormatException($"The protobuf field {Field} has an unknown wire type.");
        }

        return true;
    }

    /// <summary>Adds the integers of the current field, whether it is packed or one of many.</summary>
    public readonly void AddNumbersTo(List<long> numbers)
    {
        if (Bytes.IsEmpty)
        {
            numbers.Add(Number);
            return;
        }

        var packed = new ProtobufReader(Bytes);
        while (!packed._rest.IsEmpty)
        {
            numbers.Add((long)packed.Varint());
        }
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
        {
            throw new FormatException($"The protobuf field {Field} is cut off.");
        }

        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_rest.IsEmpty)
            {
                break;
            }

            var next = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new FormatException("A protobuf number is cut off or too long.");
    }
}
