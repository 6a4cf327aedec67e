using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Kubernetes.Resources;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>What <c>WithHttpProbe</c> asked for.</summary>
internal static class Probes
{
    public static void AddTo(ContainerV1 container, IResource resource)
    {
        foreach (var annotation in resource.Annotations.OfType<EndpointProbeAnnotation>().Where(probe => PublishedEndpoints.IsServed(probe.EndpointReference)))
        {
            var probe = new ProbeV1
            {
                HttpGet = new HttpGetActionV1
                {
                    Path = annotation.Path,
                    Port = annotation.EndpointReference.EndpointName,
                    Scheme = annotation.EndpointReference.EndpointAnnotation.UriScheme.ToUpperInvariant(),
                },
                InitialDelaySeconds = annotation.InitialDelaySeconds,
                PeriodSeconds = annotation.PeriodSeconds,
                TimeoutSeconds = annotation.TimeoutSeconds,
                FailureThreshold = annotation.FailureThreshold,
                SuccessThreshold = annotation.SuccessThreshold,
            };
            switch (annotation.Type)
            {
                case ProbeType.Startup:
                    container.StartupProbe = probe;
                    break;
                case ProbeType.Readiness:
                    container.ReadinessProbe = probe;
                    break;
                default:
                    container.LivenessProbe = probe;
                    break;
            }
        }
    }
}
