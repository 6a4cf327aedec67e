namespace CloudNativeAi.Inference.Rest;

internal static class RestRegistration
{
    private static readonly string[] Roots = ["/v1", "/v2", "/predictions", "/ping"];

    public static void MapRest(this WebApplication app)
    {
        app.UseWhen(
            context => Array.Exists(Roots, root => context.Request.Path.StartsWithSegments(root, StringComparison.Ordinal)),
            rest => rest.UseMiddleware<ProtocolErrors>());
        app.MapOpenInferenceRest();
        app.MapTensorFlowRest();
        app.MapTorchServeRest();
    }
}
