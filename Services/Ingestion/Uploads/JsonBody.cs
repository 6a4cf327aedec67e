using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace CloudNativeAi.Ingestion.Uploads;

/// <summary>An array of objects, or one object. Elements are cut out as they arrive; each is validated by itself.</summary>
internal sealed class JsonBody(int maxEventBytes)
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 64 };

    private JsonReaderState _state = new(ReaderOptions);
    private Place _place;

    private enum Place
    {
        Start,
        Array,
        End,
    }

    private enum Step
    {
        NeedsMore,
        Element,
        Moved,
    }

    /// <summary>Hands each element to <paramref name="add"/>, whose memory is valid for that call.</summary>
    public async Task<MalformedBody?> ReadAsync(Stream body, Func<ReadOnlyMemory<byte>, ValueTask> add, CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        var row = 0L;
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(cancellationToken);
                var buffer = read.Buffer;
                while (TakeStep(ref buffer, read.IsCompleted, out var element) is var step && step != Step.NeedsMore)
                {
                    if (step == Step.Element)
                    {
                        await AddAsync(element, add);
                        row++;
                    }
                }

                if (read.IsCompleted)
                {
                    return _place == Place.End ? null : new MalformedBody(0, row, "the JSON text ends too early");
                }

                if (buffer.Length > maxEventBytes + (64 * 1024))
                {
                    return new MalformedBody(0, row, $"the row is longer than {maxEventBytes} bytes");
                }

                pipe.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        catch (JsonException exception)
        {
            return new MalformedBody((exception.LineNumber ?? -1) + 1, row, "the JSON text is malformed or ends too early");
        }
        catch (NotJsonRowsException exception)
        {
            return new MalformedBody(1, row, exception.Message);
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }

    private Step TakeStep(ref ReadOnlySequence<byte> buffer, bool isFinal, out ReadOnlySequence<byte> element)
    {
        element = default;
        var reader = new Utf8JsonReader(buffer, isFinal, _state);
        if ((_place == Place.End && buffer.IsEmpty) || !reader.Read())
        {
            return Step.NeedsMore;
        }

        var isElement = _place == Place.Array && reader.TokenType != JsonTokenType.EndArray;
        if (_place == Place.Start && reader.TokenType == JsonTokenType.StartObject)
        {
            (isElement, _place) = (true, Place.End);
        }

        if (isElement)
        {
            var start = reader.TokenStartIndex;
            if (!reader.TrySkip())
            {
                _place = _place == Place.End ? Place.Start : _place;
                return Step.NeedsMore;
            }

            element = buffer.Slice(start, reader.BytesConsumed - start);
        }
        else
        {
            _place = (_place, reader.TokenType) switch
            {
                (Place.Start, JsonTokenType.StartArray) => Place.Array,
                (Place.Array, JsonTokenType.EndArray) => Place.End,
                _ => throw new NotJsonRowsException(),
            };
        }

        _state = reader.CurrentState;
        buffer = buffer.Slice(reader.BytesConsumed);
        return isElement ? Step.Element : Step.Moved;
    }

    private static async ValueTask AddAsync(ReadOnlySequence<byte> element, Func<ReadOnlyMemory<byte>, ValueTask> add)
    {
        if (element.IsSingleSegment)
        {
            await add(element.First);
            return;
        }

        var copy = ArrayPool<byte>.Shared.Rent((int)element.Length);
        try
        {
            element.CopyTo(copy);
            await add(copy.AsMemory(0, (int)element.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private sealed class NotJsonRowsException() : Exception("the JSON text is neither an array of objects nor an object");
}
