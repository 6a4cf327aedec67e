using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Building;
using Aspire.Hosting.DataDirectories;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>An AppHost's application for a test: ephemeral data unless the arguments say otherwise, no terminal.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable
{
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}

public static class DistributedApplicationTestingBuilder
{
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync<TEntryPoint>([], cancellationToken);

    /// <summary>Runs the Main of the assembly of <typeparamref name="TEntryPoint"/> up to its call of Build.</summary>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync(typeof(TEntryPoint), args, cancellationToken);

    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync(Type entryPoint, string[] args, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entryPoint);
        var assembly = entryPoint.Assembly;
        var main = assembly.EntryPoint ?? throw new InvalidOperationException($"The assembly '{assembly.GetName().Name}' has no entry point.");

        var interception = new EntryPointInterception((options, settings) =>
        {
            options.AssemblyName = assembly.GetName().Name;
            var chosen = (options.Args ?? []).Concat(args);
            options.Args = chosen.Any(argument => argument.StartsWith("--data-directory", StringComparison.Ordinal)) ? [.. chosen] : [.. chosen, "--ephemeral"];
        });
        _ = Task.Run(() => RunMainAsync(interception, main), CancellationToken.None);

        var builder = await interception.Declared.WaitAsync(cancellationToken);
        return new TestingBuilder(builder, interception);
    }

    private static async Task RunMainAsync(EntryPointInterception interception, MethodInfo main)
    {
        EntryPointInterception.Current = interception;
        try
        {
            object?[] parameters = main.GetParameters().Length == 0 ? [] : [Array.Empty<string>()];
            if (main.Invoke(null, parameters) is Task task)
            {
                await task;
            }

            interception.MainEnded();
        }
        catch (TargetInvocationException exception) when (exception.InnerException is { } inner)
        {
            interception.Failed(inner);
        }
        catch (Exception exception)
        {
            interception.Failed(exception);
        }
    }

    private sealed class TestingBuilder(DistributedApplicationBuilder builder, EntryPointInterception interception)
        : IDistributedApplicationTestingBuilder, IHasDataDirectory
    {
        DataDirectory IHasDataDirectory.Data => builder.Data;

        public ConfigurationManager Configuration => builder.Configuration;

        public string AppHostDirectory => builder.AppHostDirectory;

        public Assembly? AppHostAssembly => builder.AppHostAssembly;

        public IHostEnvironment Environment => builder.Environment;

        public IServiceCollection Services => builder.Services;

        public Eventing.IDistributedApplicationEventing Eventing => builder.Eventing;

        public DistributedApplicationExecutionContext ExecutionContext => builder.ExecutionContext;

        public IResourceCollection Resources => builder.Resources;

        public IResourceBuilder<T> AddResource<T>(T resource)
            where T : IResource => builder.AddResource(resource);

        public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
            where T : IResource => builder.CreateResourceBuilder(resource);

        public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();

        public async Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default)
        {
            interception.Release();
            return await interception.Built.WaitAsync(cancellationToken);
        }

        public ValueTask DisposeAsync()
        {
            interception.Release();
            interception.Disposed();
            return ValueTask.CompletedTask;
        }
    }
}
