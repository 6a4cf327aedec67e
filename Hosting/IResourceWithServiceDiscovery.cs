using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Its endpoints are told to those who refer to it, as service discovery expects them.</summary>
public interface IResourceWithServiceDiscovery : IResourceWithEndpoints;
