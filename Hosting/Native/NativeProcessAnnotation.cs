using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.DataDirectories;
using Aspire.Hosting.Processes;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Native;

/// <summary>The program of this machine that stands in for a container.</summary>
internal sealed class NativeProcessAnnotation(Func<NativeProcessContext, CancellationToken, Task<ProcessSpecification>> prepare) : IResourceAnnotation
{
    public Func<NativeProcessContext, CancellationToken, Task<ProcessSpecification>> Prepare { get; } = prepare;
}

/// <param name="Resource">The container.</param>
/// <param name="DataDirectory">Empty at every start, unless the container has a data volume.</param>
/// <param name="SettingsDirectory">For files that the host writes for the program; only its owner can read it.</param>
/// <param name="IsDurable">The data are to be there at the next start of the application.</param>
internal sealed record NativeProcessContext(
    IResource Resource, string DataDirectory, string SettingsDirectory, bool IsDurable, DataDirectory Application, string AppHostDirectory, IServiceProvider Services, ILogger Logger);
