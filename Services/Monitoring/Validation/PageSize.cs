namespace CloudNativeAi.Monitoring.Validation;

internal static class PageSize
{
    private const int Default = 100;
    private const int Max = 1_000;

    /// <summary>1 to 1,000; 0 means 100.</summary>
    /// <exception cref="Grpc.Core.RpcException">The size is out of range.</exception>
    public static int Of(int requested) => requested switch
    {
        0 => Default,
        > 0 and <= Max => requested,
        _ => throw GrpcErrors.Invalid($"page_size: must be 1 to {Max}, or 0 for {Default}; is {requested}."),
    };
}
