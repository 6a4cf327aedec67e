using CloudNativeAi.Modeling.Onnx;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>What of a SentencePiece model file (sentencepiece_model.proto, by field number) its tokens do not show.</summary>
internal sealed class SentencePieceModel
{
    private const int UnknownPiece = 2;
    private const int UserDefinedPiece = 4;
    private const int BytePiece = 6;

    private readonly List<(string Piece, int Type)> _pieces = [];

    private SentencePieceModel()
    {
    }

    public IEnumerable<string> Pieces => _pieces.Select(piece => piece.Piece);

    public int Count => _pieces.Count;

    /// <summary>-1: there is none.</summary>
    public int UnknownId => _pieces.FindIndex(piece => piece.Type == UnknownPiece);

    /// <summary>A character without a piece becomes its bytes.</summary>
    public bool HasBytes => _pieces.Exists(piece => piece.Type == BytePiece);

    /// <summary>Taken whole wherever they stand, longest first.</summary>
    public IReadOnlyList<string> UserDefined => [.. _pieces.Where(piece => piece.Type == UserDefinedPiece).Select(piece => piece.Piece).OrderByDescending(piece => piece.Length)];

    public byte[] CharacterMap { get; private set; } = [];

    public bool AddDummyPrefix { get; private set; } = true;

    public bool RemoveExtraWhiteSpaces { get; private set; } = true;

    public bool EscapeWhiteSpaces { get; private set; } = true;

    public bool TreatWhiteSpaceAsSuffix { get; private set; }

    /// <exception cref="FormatException">The content is no such file.</exception>
    public static SentencePieceModel Parse(ReadOnlySpan<byte> content)
    {
        var model = new SentencePieceModel();
        for (var fields = new ProtobufReader(content); fields.Read();)
        {
            switch (fields.Field)
            {
                case 1:
                    model.ReadPiece(fields.Bytes);
                    break;
                case 2:
                    model.ReadTrainer(fields.Bytes);
                    break;
                case 3:
                    model.ReadNormalizer(fields.Bytes);
                    break;
            }
        }

        return model;
    }

    private void ReadPiece(ReadOnlySpan<byte> message)
    {
        var (piece, type) = ("", 1);
        for (var fields = new ProtobufReader(message); fields.Read();)
        {
            switch (fields.Field)
            {
                case 1:
                    piece = fields.Text;
                    break;
                case 3:
                    type = (int)fields.Number;
                    break;
            }
        }

        _pieces.Add((piece, type));
    }

    private void ReadTrainer(ReadOnlySpan<byte> message)
    {
        for (var fields = new ProtobufReader(message); fields.Read();)
        {
            if (fields.Field == 24)
            {
                TreatWhiteSpaceAsSuffix = fields.Number != 0;
            }
        }
    }

    private void ReadNormalizer(ReadOnlySpan<byte> message)
    {
        for (var fields = new ProtobufReader(message); fields.Read();)
        {
            switch (fields.Field)
            {
                case 2:
                    CharacterMap = fields.Bytes.ToArray();
                    break;
                case 3:
                    AddDummyPrefix = fields.Number != 0;
                    break;
                case 4:
                    RemoveExtraWhiteSpaces = fields.Number != 0;
                    break;
                case 5:
                    EscapeWhiteSpaces = fields.Number != 0;
                    break;
            }
        }
    }
}
