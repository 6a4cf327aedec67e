using System.Text.Json;
using CloudNativeAi.Inference.Tensors;

namespace CloudNativeAi.Inference.Rest;

/// <summary>Goes from element to element of an array that is flat or nested as a shape says, and checks that it is one of both.</summary>
internal ref struct JsonArrayWalk
{
    private readonly ReadOnlySpan<long> _shape;
    private readonly string _name;
    private readonly long[] _counts;
    private int _depth;
    private bool _isNested;
    private bool _isStarted;

    public JsonArrayWalk(ReadOnlySpan<byte> json, ReadOnlySpan<long> shape, string name, int maxDepth)
    {
        Reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        _shape = shape;
        _name = name;
        _counts = new long[Math.Max(shape.Length, 1) + 1];
    }

    /// <summary>At the current element.</summary>
    public Utf8JsonReader Reader;

    /// <exception cref="InferenceException">The nesting is not the shape's.</exception>
    public bool MoveNext()
    {
        while (Reader.Read())
        {
            switch (Reader.TokenType)
            {
                case JsonTokenType.StartArray:
                    Enter();
                    break;
                case JsonTokenType.EndArray:
                    Leave();
                    break;
                default:
                    CountElement();
                    return true;
            }
        }

        return false;
    }

    public readonly InferenceException WrongCount() =>
        InferenceException.Invalid($"the number of elements of input '{_name}' is not that of its shape {Shapes.Format(_shape)}");

    public readonly InferenceException WrongElement(long index) =>
        InferenceException.Invalid($"element {index} of input '{_name}' is not of its data-type, or out of its range");

    private void Enter()
    {
        // The second bracket says which of both forms it is: right after the first one it is the nested form.
        _isNested |= _depth == 1 && !_isStarted;
        _isStarted |= _depth == 1;
        if (_depth >= (_isNested ? _shape.Length : 1))
        {
            throw WrongNesting();
        }

        _counts[_depth]++;
        _counts[++_depth] = 0;
    }

    private void Leave()
    {
        if (_isNested && _counts[_depth] != _shape[_depth - 1])
        {
            throw WrongNesting();
        }

        _depth--;
    }

    private void CountElement()
    {
        _isStarted = true;
        // A tensor without dimensions is a bare value as well.
        if (_depth != (_isNested ? _shape.Length : 1) && !(_depth == 0 && _shape.IsEmpty))
        {
            throw WrongNesting();
        }

        _counts[_depth]++;
    }

    private readonly InferenceException WrongNesting() =>
        InferenceException.Invalid($"the data of input '{_name}' must be flat, or nested as its shape {Shapes.Format(_shape)} says");
}
