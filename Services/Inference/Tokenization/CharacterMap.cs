using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CloudNativeAi.Inference.Tokenization;

/// <summary>
/// The precompiled_charsmap of a SentencePiece model: UTF-8 sequences and what becomes of them. A double-array trie
/// (Darts-clone's units) after its size in bytes, then the results, each closed by a zero byte.
/// </summary>
internal sealed class CharacterMap
{
    private readonly uint[] _trie;
    private readonly byte[] _results;

    /// <exception cref="InvalidDataException">The bytes are no such map.</exception>
    public CharacterMap(ReadOnlySpan<byte> map)
    {
        if (map.IsEmpty)
        {
            (_trie, _results) = ([], []);
            return;
        }

        if (map.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(map) is var size && (size > map.Length - sizeof(uint) || size == 0 || size % sizeof(uint) != 0))
        {
            throw new InvalidDataException("its precompiled character map is damaged");
        }

        _trie = MemoryMarshal.Cast<byte, uint>(map.Slice(sizeof(uint), (int)size)).ToArray();
        _results = map[(sizeof(uint) + (int)size)..].ToArray();
    }

    /// <summary>Finds the longest sequence that the text begins with.</summary>
    /// <returns>Its length in bytes; 0: nothing is mapped here.</returns>
    public int Match(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> result)
    {
        result = default;
        if (_trie.Length == 0)
        {
            return 0;
        }

        var longest = 0;
        var found = 0u;
        var position = OffsetOf(_trie[0]);
        for (var i = 0; i < text.Length; i++)
        {
            position ^= text[i];
            if (position >= _trie.Length || LabelOf(_trie[position]) != text[i])
            {
                break;
            }

            var unit = _trie[position];
            position ^= OffsetOf(unit);
            if (HasValue(unit) && position < _trie.Length)
            {
                (longest, found) = (i + 1, ValueOf(_trie[position]));
            }
        }

        if (longest > 0 && found < _results.Length)
        {
            result = _results.AsSpan((int)found);
            result = result.IndexOf((byte)0) is >= 0 and var end ? result[..end] : result;
            return longest;
        }

        return 0;
    }

    private static bool HasValue(uint unit) => ((unit >> 8) & 1) == 1;

    private static uint ValueOf(uint unit) => unit & 0x7FFF_FFFF;

    private static uint LabelOf(uint unit) => unit & 0x8000_00FF;

    private static uint OffsetOf(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
