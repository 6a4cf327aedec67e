using CloudNativeAi.Contracts.Monitoring;

namespace CloudNativeAi.Monitoring.Validation;

/// <summary>Records of one call, sorted into those that can be logged and those that can not.</summary>
internal sealed class Admission<TRecord>
{
    /// <summary>Records in one call at most.</summary>
    public const int MaxRecords = 10_000;

    private const int MaxReported = 100;
    private const int MaxInMessage = 10;

    private readonly List<TRecord> _valid;
    private readonly List<InvalidRecord> _invalid = [];

    private Admission(int capacity) => _valid = new List<TRecord>(capacity);

    public IReadOnlyList<TRecord> Valid => _valid;

    /// <summary>The first hundred.</summary>
    public IReadOnlyList<InvalidRecord> Invalid => _invalid;

    public long InvalidTotal { get; private set; }

    public static Admission<TRecord> Of(IReadOnlyList<TRecord> records, Func<TRecord, Problem?> check)
    {
        var admission = new Admission<TRecord>(records.Count);
        for (var row = 0; row < records.Count; row++)
        {
            if (check(records[row]) is { } problem)
            {
                admission.Refuse(row, problem);
            }
            else
            {
                admission._valid.Add(records[row]);
            }
        }

        return admission;
    }

    /// <summary>What was wrong, for people: the first few rows with field and reason.</summary>
    public string Describe(string name)
    {
        var rows = _invalid.Take(MaxInMessage).Select(row => row.Field.Length > 0
            ? $"{name}[{row.Row}].{row.Field}: {row.Reason}"
            : $"{name}[{row.Row}]: {row.Reason}");
        var more = InvalidTotal > MaxInMessage ? $" (and {InvalidTotal - MaxInMessage} more)" : "";
        return $"Nothing was logged. {string.Join(" ", rows)}{more}";
    }

    private void Refuse(int row, Problem problem)
    {
        InvalidTotal++;
        if (_invalid.Count < MaxReported)
        {
            _invalid.Add(new InvalidRecord { Row = row, Field = problem.Field, Reason = problem.Reason });
        }
    }
}
