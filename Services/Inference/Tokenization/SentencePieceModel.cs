using Google.Protobuf;

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

    /// <exception cref="InvalidProtocolBufferException">The content is no such file.</exception>
    public static SentencePieceModel Parse(byte[] content)
    {
        var model = new SentencePieceModel();
        Read(content, (field, input) => field switch
        {
            1 => model.ReadPiece(input.ReadBytes()),
            2 => model.ReadTrainer(input.ReadBytes()),
            3 => model.ReadNormalizer(input.ReadBytes()),
            _ => false,
        });
        return model;
    }

    private bool ReadPiece(ByteString message)
    {
        var (piece, type) = ("", 1);
        Read(message.ToByteArray(), (field, input) =>
        {
            switch (field)
            {
                case 1:
                    piece = input.ReadString();
                    return true;
                case 3:
                    type = input.ReadInt32();
                    return true;
                default:
                    return false;
            }
        });
        _pieces.Add((piece, type));
        return true;
    }

    private bool ReadTrainer(ByteString message)
    {
        Read(message.ToByteArray(), (field, input) =>
        {
            if (field != 24)
            {
                return false;
            }

            TreatWhiteSpaceAsSuffix = input.ReadBool();
            return true;
        });
        return true;
    }

    private bool ReadNormalizer(ByteString message)
    {
        Read(message.ToByteArray(), (field, input) =>
        {
            switch (field)
            {
                case 2:
                    CharacterMap = input.ReadBytes().ToByteArray();
                    return true;
                case 3:
                    AddDummyPrefix = input.ReadBool();
                    return true;
                case 4:
                    RemoveExtraWhiteSpaces = input.ReadBool();
                    return true;
                case 5:
                    EscapeWhiteSpaces = input.ReadBool();
                    return true;
                default:
                    return false;
            }
        });
        return true;
    }

    private static void Read(byte[] message, Func<int, CodedInputStream, bool> read)
    {
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (!read(WireFormat.GetTagFieldNumber(tag), input))
            {
                input.SkipLastField();
            }
        }
    }
}
