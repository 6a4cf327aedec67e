using System.Runtime.InteropServices;
using System.Text;
using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>
/// Makes the token tensors of a text model. Rows are padded to the longest of their own request only: what a text gives does
/// not depend on what other requests bring, and the batcher joins requests of equal length.
/// </summary>
internal sealed class TextEncoder
{
    // A few hundred megabytes: one long text must not make a request of many short ones huge.
    private const int MaxPaddedTokens = 1 << 24;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly TextTokenizer _tokenizer;
    private readonly TokenTemplate _template;
    private readonly TextBinding _binding;
    private readonly TokenLengths _lengths;
    private readonly IReadOnlyList<TensorInfo> _onnx;
    private readonly int _texts;
    private readonly int _padId;

    private TextEncoder(TextTokenizer tokenizer, TokenizerSignature signature, TextBinding binding, IReadOnlyList<TensorInfo> onnx)
    {
        _tokenizer = tokenizer;
        _binding = binding;
        _onnx = onnx;
        _texts = signature.TextPair is null ? 1 : 2;
        _lengths = new TokenLengths(signature.MaxLength, signature.Padding, signature.PadToMultipleOf, signature.Truncation);
        _template = TokenTemplate.Parse(TemplateOf(signature), _texts, tokenizer.IdOf);
        var padToken = signature.PadToken ?? (signature.Type == TokenizerType.Wordpiece ? "[PAD]" : "<pad>");
        _padId = tokenizer.IdOf(padToken) ?? throw TokenizerFilesReader.Refused($"the vocabulary has no token '{padToken}' for padding; name its own in pad_token");
        if (_lengths.MaxLength < _template.SpecialCount + _texts)
        {
            throw TokenizerFilesReader.Refused(
                $"max_length is {_lengths.MaxLength}, which leaves no room beside {_template.SpecialCount} special tokens; it must be {_template.SpecialCount + _texts} or more");
        }

        if (binding.Length >= 0 && (_lengths.Padding != TokenPadding.MaxLength || _lengths.MaxLength != binding.Length))
        {
            throw TokenizerFilesReader.Refused($"model.onnx takes exactly {binding.Length} tokens; set \"padding\": \"max_length\" and \"max_length\": {binding.Length}");
        }

        Type = signature.Type;
    }

    /// <summary>What requests give, instead of the inputs of model.onnx.</summary>
    public IReadOnlyList<TensorInfo> Inputs => _binding.Inputs;

    public TokenizerType Type { get; }

    /// <summary>Tokens of one text or pair, with its special tokens.</summary>
    public int MaxLength => _lengths.MaxLength;

    /// <summary>The greatest id that model.onnx is given.</summary>
    public int MaxId => _tokenizer.MaxId;

    /// <param name="directory">Of the version's files.</param>
    /// <exception cref="InferenceException">The declaration, its files and model.onnx do not fit.</exception>
    public static TextEncoder Read(string directory, TokenizerSignature signature, OnnxModel onnx)
    {
        var binding = TextBinding.Create(signature, onnx.Inputs);
        return new TextEncoder(TokenizerFilesReader.Read(directory, signature), signature, binding, onnx.Inputs);
    }

    /// <summary>One request's tensors.</summary>
    /// <param name="inputs">In the order of <see cref="Inputs"/>, checked against them.</param>
    /// <param name="maxRows">Texts of one request.</param>
    /// <returns>In the order of model.onnx's inputs.</returns>
    /// <exception cref="InferenceException">A text is not UTF-8, has no token, or is too long; or there are too many.</exception>
    public Tensor[] Encode(ReadOnlySpan<Tensor> inputs, int maxRows)
    {
        var rows = inputs[0].Shape[0];
        if (rows > maxRows)
        {
            throw InferenceException.Invalid($"input '{inputs[0].Name}' has {rows} texts, and a request may have {maxRows}");
        }

        if (_texts == 2 && inputs[1].Shape[0] != rows)
        {
            throw InferenceException.Invalid($"input '{inputs[0].Name}' has {rows} texts and input '{inputs[1].Name}' {inputs[1].Shape[0]}; they are pairs");
        }

        var first = Tokenize(inputs[0]);
        var second = _texts == 2 ? Tokenize(inputs[1]) : [.. Enumerable.Repeat<int[]>([], first.Length)];
        var longest = 0;
        for (var row = 0; row < first.Length; row++)
        {
            Shorten(ref first[row], ref second[row], inputs[0].Name, row);
            longest = Math.Max(longest, _template.SpecialCount + first[row].Length + second[row].Length);
        }

        var columns = _lengths.Padded(longest);
        return rows * columns <= MaxPaddedTokens
            ? Pack(inputs, first, second, columns)
            : throw InferenceException.Invalid($"the {rows} texts of input '{inputs[0].Name}' padded to {columns} tokens each are more than {MaxPaddedTokens} tokens; send fewer at a time");
    }

    /// <summary>Rows to try the model with: any ids, no padding, of equal length.</summary>
    /// <param name="made">Tensors for model.onnx's inputs with a row for each of <paramref name="ids"/>; those of tokens are replaced.</param>
    /// <param name="ids">Of each row: the id it has <paramref name="length"/> times.</param>
    public Tensor[] MakeRows(Tensor[] made, ReadOnlySpan<int> ids, int length)
    {
        var columns = _binding.Length >= 0 ? (int)_binding.Length : length;
        var values = new long[ids.Length * columns];
        for (var row = 0; row < ids.Length; row++)
        {
            values.AsSpan(row * columns, columns).Fill(ids[row]);
        }

        var ones = new long[values.Length];
        Array.Fill(ones, 1);
        var tensors = (Tensor[])made.Clone();
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = _binding.Roles[i] switch
            {
                TokenRole.Ids => ToTensor(i, [ids.Length, columns], values),
                TokenRole.Mask => ToTensor(i, [ids.Length, columns], ones),
                TokenRole.Types => ToTensor(i, [ids.Length, columns], new long[values.Length]),
                _ => tensors[i],
            };
        }

        return tensors;
    }

    private static string TemplateOf(TokenizerSignature signature)
    {
        var isBert = signature.Type == TokenizerType.Wordpiece;
        return signature.TextPair is null
            ? signature.Single ?? (isBert ? "[CLS] $A [SEP]" : "$A")
            : signature.Pair ?? (isBert ? "[CLS] $A [SEP] $B:1 [SEP]:1" : throw TokenizerFilesReader.Refused("text_pair needs pair, the template of two texts, such as <s> $A </s> </s> $B </s>"));
    }

    private int[][] Tokenize(in Tensor texts)
    {
        var tokens = new int[texts.Shape[0]][];
        var raw = texts.Raw.Span;
        for (var row = 0; row < tokens.Length; row++)
        {
            try
            {
                tokens[row] = [.. _tokenizer.Encode(Utf8.GetString(BytesFraming.Take(ref raw)))];
            }
            catch (DecoderFallbackException)
            {
                throw InferenceException.Invalid($"element {row} of input '{texts.Name}' is not UTF-8; a text is valid Unicode, without lone surrogates");
            }
        }

        return tokens;
    }

    private void Shorten(ref int[] first, ref int[] second, string name, int row)
    {
        var room = _lengths.MaxLength - _template.SpecialCount;
        if (_template.SpecialCount + first.Length + second.Length == 0)
        {
            throw InferenceException.Invalid($"element {row} of input '{name}' has no token; a text must not be empty for this model");
        }

        if (first.Length + second.Length <= room)
        {
            return;
        }

        if (!_lengths.Truncation)
        {
            throw InferenceException.Invalid(
                $"element {row} of input '{name}' has {_template.SpecialCount + first.Length + second.Length} tokens, and the model takes {_lengths.MaxLength}; shorten it, or set \"truncation\": true in the version's signature.json");
        }

        var (keptFirst, keptSecond) = TokenLengths.Truncate(first.Length, second.Length, room);
        (first, second) = (first[..keptFirst], second[..keptSecond]);
    }

    private Tensor[] Pack(ReadOnlySpan<Tensor> inputs, int[][] first, int[][] second, int columns)
    {
        var ids = new long[first.Length * columns];
        var mask = new long[ids.Length];
        var types = new long[ids.Length];
        Array.Fill(ids, _padId);
        for (var row = 0; row < first.Length; row++)
        {
            var start = row * columns;
            var written = _template.Write(first[row], second[row], ids.AsSpan(start, columns), types.AsSpan(start, columns));
            mask.AsSpan(start, written).Fill(1);
        }

        var tensors = new Tensor[_onnx.Count];
        long[] shape = [first.Length, columns];
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = _binding.Roles[i] switch
            {
                TokenRole.Ids => ToTensor(i, shape, ids),
                TokenRole.Mask => ToTensor(i, shape, mask),
                TokenRole.Types => ToTensor(i, shape, types),
                _ => inputs[_binding.Sources[i]],
            };
        }

        return tensors;
    }

    private Tensor ToTensor(int input, long[] shape, long[] values) => new(
        _onnx[input].Name, _onnx[input].Datatype, shape,
        _onnx[input].Datatype == Datatype.Int64
            ? MemoryMarshal.AsBytes<long>(values).ToArray()
            : MemoryMarshal.AsBytes<int>(Array.ConvertAll(values, value => (int)value)).ToArray());
}
