namespace CloudNativeAi.Ingestion.DeadLetters;

internal static class DeadLettersRegistration
{
    public static void AddDeadLetters(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<DeadLetterStore>();
        builder.Services.AddSingleton<DeadLetterReplay>();
    }
}
