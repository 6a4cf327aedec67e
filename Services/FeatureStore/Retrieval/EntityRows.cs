using CloudNativeAi.FeatureStore.OnlineStore;

namespace CloudNativeAi.FeatureStore.Retrieval;

/// <summary>The entity keys of a request as the online store writes them: one column a join key, null where a key is null.</summary>
internal sealed class EntityRows
{
    public const int MaxRows = 10_000;
    private const int MaxColumns = 100;

    private readonly Dictionary<string, IKeyValues> _columns = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    /// <summary>Names in the order of the request.</summary>
    public List<string> Names { get; } = [];

    public void Add(string joinKey, IKeyValues values)
    {
        if (_columns.Count == 0)
        {
            Count = values.Count;
        }

        if (values.Count != Count)
        {
            throw RetrievalException.Invalid($"The join key '{joinKey}' has {values.Count} values and '{Names[0]}' has {Count}. All must have one for each row.");
        }

        if (!_columns.TryAdd(joinKey, values))
        {
            throw RetrievalException.Invalid($"The join key '{joinKey}' is given twice.");
        }

        Names.Add(joinKey);
    }

    public void Check()
    {
        if (_columns.Count == 0)
        {
            throw RetrievalException.Invalid("There are no entity keys. Give one column for each join key.");
        }

        if (Count is < 1 or > MaxRows)
        {
            throw RetrievalException.Invalid($"There are {Count} entity rows; a request has 1 to {MaxRows:N0}.");
        }

        if (_columns.Count > MaxColumns)
        {
            throw RetrievalException.Invalid($"There are {_columns.Count} join keys; a request has at most {MaxColumns}.");
        }
    }

    /// <summary>Each different key of the view once, and for each row the number of its key; -1 where a part of it is null.</summary>
    public (ViewLookup Lookup, int[] KeyOfRow) LookUp(OnlineView view)
    {
        var columns = view.View.JoinKeys.Select(key => ColumnOf(key.Name, key.Type, view.View.Name)).ToArray();
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var keys = new List<StackExchange.Redis.RedisKey>();
        var keyOfRow = new int[Count];
        var parts = new string[columns.Length];
        for (var row = 0; row < Count; row++)
        {
            keyOfRow[row] = -1;
            if (!TryReadParts(columns, row, parts))
            {
                continue;
            }

            var text = parts.Length == 1 ? parts[0] : string.Join('|', parts);
            if (!numbers.TryGetValue(text, out var number))
            {
                number = keys.Count;
                numbers.Add(text, number);
                keys.Add(view.Keys.Of(parts));
            }

            keyOfRow[row] = number;
        }

        return (new ViewLookup(view, [.. keys]), keyOfRow);
    }

    /// <summary>The parts of a row's key as the online store writes them; null where one is null.</summary>
    public string[]? KeyOf(OnlineView view, int row)
    {
        var parts = new string[view.View.JoinKeys.Count];
        return TryReadParts([.. view.View.JoinKeys.Select(key => ColumnOf(key.Name, key.Type, view.View.Name))], row, parts) ? parts : null;
    }

    private (IKeyValues Values, string Name, ValueType Type) ColumnOf(string joinKey, ValueType type, string view) =>
        _columns.TryGetValue(joinKey, out var values)
            ? (values, joinKey, type)
            : throw RetrievalException.Invalid($"The feature view '{view}' needs the join key '{joinKey}'. Given: {string.Join(", ", Names)}.");

    private static bool TryReadParts((IKeyValues Values, string Name, ValueType Type)[] columns, int row, string[] parts)
    {
        for (var i = 0; i < columns.Length; i++)
        {
            if (columns[i].Values.Read(row, columns[i].Name, columns[i].Type) is not { } part)
            {
                return false;
            }

            parts[i] = part;
        }

        return true;
    }
}

/// <summary>One column of entity keys, in whatever form the request has it.</summary>
internal interface IKeyValues
{
    int Count { get; }

    /// <summary>The value as keys have it; null when it is null.</summary>
    /// <exception cref="RetrievalException">It is of another type.</exception>
    string? Read(int row, string joinKey, ValueType type);
}

internal static class KeyValues
{
    public static string OfText(string value, int row, string joinKey) => value.Length <= EntityKeyText.MaxLength
        ? EntityKeyText.Escape(value)
        : throw RetrievalException.Invalid($"The join key '{joinKey}' of row {row} has {value.Length} characters; at most {EntityKeyText.MaxLength} are allowed.");

    public static RetrievalException WrongType(int row, string joinKey, ValueType type, string found) =>
        RetrievalException.Invalid($"The join key '{joinKey}' of row {row} is {found}; it must be {(type == ValueType.String ? "a string" : "an int64")}.");
}
