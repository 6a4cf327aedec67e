using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Rest;

/// <summary>How numbers are written that JSON does not have.</summary>
internal enum NonFinite
{
    /// <summary>"NaN", "Infinity", "-Infinity": valid JSON.</summary>
    Strings,

    /// <summary>NaN, Infinity, -Infinity, as TensorFlow Serving does.</summary>
    Tokens,
}

/// <summary>Writes tensors as JSON arrays.</summary>
internal static class JsonTensorWriter
{
    public static void WriteFlat(Utf8JsonWriter writer, in Tensor tensor)
    {
        var elements = new ElementWriter(tensor, NonFinite.Strings);
        writer.WriteStartArray();
        for (var i = 0L; i < tensor.ElementCount; i++)
        {
            elements.WriteNext(writer);
        }

        writer.WriteEndArray();
    }

    public static void WriteNested(Utf8JsonWriter writer, in Tensor tensor, NonFinite nonFinite)
    {
        var elements = new ElementWriter(tensor, nonFinite);
        WriteNested(writer, ref elements, tensor.Shape);
    }

    private static void WriteNested(Utf8JsonWriter writer, ref ElementWriter elements, ReadOnlySpan<long> shape)
    {
        if (shape.IsEmpty)
        {
            elements.WriteNext(writer);
            return;
        }

        writer.WriteStartArray();
        for (var i = 0L; i < shape[0]; i++)
        {
            WriteNested(writer, ref elements, shape[1..]);
        }

        writer.WriteEndArray();
    }

    private ref struct ElementWriter(in Tensor tensor, NonFinite nonFinite)
    {
        private readonly Datatype _datatype = tensor.Datatype;
        private readonly string _name = tensor.Name;
        private readonly NonFinite _nonFinite = nonFinite;
        private ReadOnlySpan<byte> _rest = tensor.Raw.Span;

        public void WriteNext(Utf8JsonWriter writer)
        {
            switch (_datatype)
            {
                case Datatype.Bool:
                    writer.WriteBooleanValue(Take<byte>() != 0);
                    break;
                case Datatype.Int8:
                    writer.WriteNumberValue(Take<sbyte>());
                    break;
                case Datatype.Int16:
                    writer.WriteNumberValue(Take<short>());
                    break;
                case Datatype.Int32:
                    writer.WriteNumberValue(Take<int>());
                    break;
                case Datatype.Int64:
                    writer.WriteNumberValue(Take<long>());
                    break;
                case Datatype.Uint8:
                    writer.WriteNumberValue(Take<byte>());
                    break;
                case Datatype.Uint16:
                    writer.WriteNumberValue(Take<ushort>());
                    break;
                case Datatype.Uint32:
                    writer.WriteNumberValue(Take<uint>());
                    break;
                case Datatype.Uint64:
                    writer.WriteNumberValue(Take<ulong>());
                    break;
                case Datatype.Fp32:
                    Write(writer, Take<float>());
                    break;
                case Datatype.Fp64:
                    Write(writer, Take<double>());
                    break;
                case Datatype.Bytes:
                    WriteText(writer, BytesFraming.Take(ref _rest));
                    break;
                default:
                    throw InferenceException.Invalid($"output '{_name}' of data-type '{_datatype.ToName()}' has no form in JSON; ask for it as binary data");
            }
        }

        private T Take<T>()
            where T : unmanaged
        {
            var value = MemoryMarshal.Read<T>(_rest);
            _rest = _rest[System.Runtime.CompilerServices.Unsafe.SizeOf<T>()..];
            return value;
        }

        private readonly void Write(Utf8JsonWriter writer, float value)
        {
            // As a float: the shortest number that reads back as the same one.
            if (float.IsFinite(value))
            {
                writer.WriteNumberValue(value);
            }
            else
            {
                Write(writer, (double)value);
            }
        }

        private readonly void Write(Utf8JsonWriter writer, double value)
        {
            if (double.IsFinite(value))
            {
                writer.WriteNumberValue(value);
                return;
            }

            var text = double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
            if (_nonFinite == NonFinite.Strings)
            {
                writer.WriteStringValue(text);
            }
            else
            {
                writer.WriteRawValue(text, skipInputValidation: true);
            }
        }

        private readonly void WriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> text)
        {
            if (!Utf8.IsValid(text))
            {
                throw InferenceException.Invalid($"output '{_name}' has bytes that are no UTF-8 and have no form in JSON; ask for it as binary data");
            }

            writer.WriteStringValue(text);
        }
    }
}
