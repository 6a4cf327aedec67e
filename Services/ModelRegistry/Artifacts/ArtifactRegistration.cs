namespace CloudNativeAi.ModelRegistry.Artifacts;

internal static class ArtifactRegistration
{
    private const string DirectoryKey = "Data:Directory";

    public static void AddArtifacts(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<ArtifactOptions, ArtifactOptionsValidator>()
            .BindConfiguration(ArtifactOptions.Section);
        builder.Services.AddSingleton(services => new ArtifactStore(
            Path.GetFullPath(services.GetRequiredService<IConfiguration>()[DirectoryKey] ?? Path.Combine("data", "model-registry"))));
        builder.Services.AddHostedService<OrphanCleanup>();
    }
}
