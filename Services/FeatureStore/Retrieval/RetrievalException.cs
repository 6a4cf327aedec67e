namespace CloudNativeAi.FeatureStore.Retrieval;

internal enum RetrievalFault
{
    /// <summary>The request is wrong.</summary>
    Invalid,

    /// <summary>It names something that is not defined.</summary>
    NotFound,

    /// <summary>The values are being built.</summary>
    NotReady,
}

/// <summary>A read that cannot be answered, with what to do about it.</summary>
internal sealed class RetrievalException(RetrievalFault fault, string message, string feastClass) : Exception(message)
{
    public RetrievalFault Fault { get; } = fault;

    /// <summary>The class by which Feast's clients know the fault.</summary>
    public string FeastClass { get; } = feastClass;

    public static RetrievalException Invalid(string message) => new(RetrievalFault.Invalid, message, "ValueError");
}
