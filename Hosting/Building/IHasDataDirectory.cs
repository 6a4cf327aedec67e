using Aspire.Hosting.DataDirectories;

namespace Aspire.Hosting.Building;

/// <summary>A builder of this host, as opposed to one that a test made up.</summary>
internal interface IHasDataDirectory
{
    DataDirectory Data { get; }
}
