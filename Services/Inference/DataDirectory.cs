namespace CloudNativeAi.Inference;

internal static class DataDirectory
{
    public static string Of(IConfiguration configuration) =>
        Path.GetFullPath(configuration["Data:Directory"] ?? Path.Combine("data", "inference"));

    public static long UnixMicroseconds(this TimeProvider timeProvider) =>
        (timeProvider.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
