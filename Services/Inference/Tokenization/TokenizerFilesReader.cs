using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>Makes the tokenizer that a version's signature declares of the version's files.</summary>
internal static class TokenizerFilesReader
{
    /// <param name="directory">Of the version's files.</param>
    /// <exception cref="InferenceException">A file is missing, or is not what its tokenizer needs.</exception>
    public static TextTokenizer Read(string directory, TokenizerSignature signature)
    {
        switch (signature.Type)
        {
            case TokenizerType.Wordpiece:
                var vocabulary = signature.Files?.Vocabulary ?? "vocab.txt";
                return new WordPieceTextTokenizer(File.ReadAllBytes(PathOf(directory, vocabulary, "files.vocabulary")), vocabulary, signature);
            case TokenizerType.Bpe:
                return new BytePairTextTokenizer(
                    PathOf(directory, signature.Files?.Vocabulary ?? "vocab.json", "files.vocabulary"), PathOf(directory, signature.Files?.Merges ?? "merges.txt", "files.merges"), signature);
            default:
                var model = signature.Files?.Model ?? "tokenizer.model";
                return new SentencePieceTextTokenizer(File.ReadAllBytes(PathOf(directory, model, "files.model")), model, signature);
        }
    }

    public static InferenceException Refused(string problem) =>
        new(InferenceErrorKind.FailedPrecondition, $"The tokenizer of signature.json cannot be used: {problem}.");

    private static string PathOf(string directory, string file, string member)
    {
        // What is beside the version's files is not the version's.
        var path = Path.GetFullPath(Path.Combine(directory, file));
        return path.StartsWith(Path.GetFullPath(directory) + Path.DirectorySeparatorChar, StringComparison.Ordinal) && File.Exists(path)
            ? path
            : throw Refused(
                $"its file '{file}' is not among the version's files ({string.Join(", ", Directory.EnumerateFiles(directory).Select(Path.GetFileName).Order(StringComparer.Ordinal))}); add it, or name another in {member}");
    }
}
