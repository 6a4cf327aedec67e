using CloudNativeAi.Inference.Models;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>What an input of model.onnx gets.</summary>
internal enum TokenRole
{
    /// <summary>The request's own tensor.</summary>
    None,
    Ids,
    Mask,
    Types,
}

/// <summary>Which inputs of model.onnx are made of texts, and what requests give instead.</summary>
/// <param name="Roles">Of each input of model.onnx.</param>
/// <param name="Sources">For each input of model.onnx without a role, its place among <paramref name="Inputs"/>; else -1.</param>
/// <param name="Inputs">What requests give: the texts, then the tensors that are not made of them.</param>
/// <param name="Length">Tokens that model.onnx is fixed to; -1: any number.</param>
internal sealed record TextBinding(TokenRole[] Roles, int[] Sources, IReadOnlyList<TensorInfo> Inputs, long Length)
{
    private const string AttentionMask = "attention_mask";
    private const string TokenTypeIds = "token_type_ids";

    /// <exception cref="InferenceException">The signature names inputs that model.onnx has not, or that cannot hold tokens.</exception>
    public static TextBinding Create(TokenizerSignature signature, IReadOnlyList<TensorInfo> onnx)
    {
        var roles = new TokenRole[onnx.Count];
        var inputs = signature.Inputs ?? new TokenInputs(
            AttentionMask: onnx.Any(input => input.Name == AttentionMask) ? AttentionMask : null,
            TokenTypeIds: onnx.Any(input => input.Name == TokenTypeIds) ? TokenTypeIds : null);
        var ids = Assign(inputs.InputIds, TokenRole.Ids, roles, onnx);
        foreach (var (name, role) in (ReadOnlySpan<(string?, TokenRole)>)[(inputs.AttentionMask, TokenRole.Mask), (inputs.TokenTypeIds, TokenRole.Types)])
        {
            if (name is not null && !Assign(name, role, roles, onnx).Shape.AsSpan().SequenceEqual(ids.Shape))
            {
                throw TokenizerFilesReader.Refused($"model.onnx's inputs '{ids.Name}' and '{name}' have different shapes, {Format(onnx)}");
            }
        }

        List<TensorInfo> given = [new TensorInfo(signature.Text, Datatype.Bytes, ids.Shape[..1])];
        if (signature.TextPair is not null)
        {
            given.Add(given[0] with { Name = signature.TextPair });
        }

        var sources = new int[onnx.Count];
        for (var i = 0; i < sources.Length; i++)
        {
            sources[i] = roles[i] == TokenRole.None ? given.Count : -1;
            if (roles[i] == TokenRole.None)
            {
                given.Add(onnx[i]);
            }
        }

        if (given.CountBy(input => input.Name).FirstOrDefault(name => name.Value > 1).Key is { } twice)
        {
            throw TokenizerFilesReader.Refused($"'{twice}' would be a text and an input of model.onnx; give the text another name in text or text_pair");
        }

        return new TextBinding(roles, sources, given, ids.Shape[1]);
    }

    private static TensorInfo Assign(string name, TokenRole role, TokenRole[] roles, IReadOnlyList<TensorInfo> onnx)
    {
        var index = onnx.Index().FirstOrDefault(input => input.Item.Name == name, (-1, null!)).Index;
        if (index < 0)
        {
            throw TokenizerFilesReader.Refused($"model.onnx has no input '{name}'; its inputs are {Format(onnx)}; name them in inputs");
        }

        if (roles[index] != TokenRole.None)
        {
            throw TokenizerFilesReader.Refused($"inputs names '{name}' twice");
        }

        if (onnx[index].Datatype is not (Datatype.Int64 or Datatype.Int32) || onnx[index].Shape.Length != 2)
        {
            throw TokenizerFilesReader.Refused($"model.onnx's input '{name}' must be INT64 or INT32 [batch, tokens], and its inputs are {Format(onnx)}");
        }

        roles[index] = role;
        return onnx[index];
    }

    private static string Format(IEnumerable<TensorInfo> inputs) =>
        string.Join(", ", inputs.Select(input => $"'{input.Name}' of {input.Datatype.ToName()} {Shapes.Format(input.Shape)}"));
}
