using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace CloudNativeAi.Web.Tests.Fakes;

/// <summary>The real application on Kestrel, in front of the fake services.</summary>
public class WebHost : WebApplicationFactory<Program>, IAsyncLifetime
{
    public FakePlatform Platform { get; private set; } = null!;

    public Uri Address => ClientOptions.BaseAddress;

    public async ValueTask InitializeAsync()
    {
        Platform = await FakePlatform.StartAsync();
        UseKestrel(0);
        StartServer();
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        // As when started by an AppHost without `dotnet watch`: what works in Development only must not be relied on.
        builder.UseEnvironment("Production");

        foreach (var (key, value) in Platform.Settings)
        {
            builder.UseSetting(key, value);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Platform.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
