namespace CloudNativeAi.Monitoring.Labels;

internal static class LabelRegistration
{
    public static void AddLabels(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<LabelStore>();

    public static void MapLabels(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<LabelsGrpcService>();
        routes.MapLabelEndpoints();
    }
}
