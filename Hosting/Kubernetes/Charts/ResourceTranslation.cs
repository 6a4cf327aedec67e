using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Kubernetes.Resources;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aspire.Hosting.Kubernetes.Charts;

/// <summary>A resource of the model as its workload, service, config map and secret.</summary>
internal sealed class ResourceTranslation(
    KubernetesEnvironmentResource environment, ChartValues values, TemplateValues templates, DistributedApplicationExecutionContext execution, string version)
{
    public async Task<KubernetesResource> TranslateAsync(IResource resource, CancellationToken cancellationToken)
    {
        var name = KubernetesNames.Of(resource);
        var translated = new KubernetesResource(resource.Name, resource, environment);
        var endpoints = resource is IResourceWithEndpoints listening ? PublishedEndpoints.Of(listening) : [];

        await AddVariablesAsync(translated, resource, cancellationToken);
        var container = await ContainerAsync(translated, resource, endpoints, cancellationToken);
        AddWorkload(translated, resource, container);
        AddVolumes(translated, resource, container);
        new WaitContainers(values, this).AddTo(translated, resource);
        if (endpoints.Count > 0)
        {
            translated.Service = ServiceFor(translated, resource, endpoints);
        }

        foreach (var document in new BaseKubernetesResource?[] { translated.Workload, translated.Service, translated.ConfigMap, translated.Secret })
        {
            AddLabels(document, name);
        }

        foreach (var customization in resource.Annotations.OfType<KubernetesServiceCustomizationAnnotation>())
        {
            customization.Configure(translated);
        }

        translated.AdditionalResources.ForEach(document => AddLabels(document, name));
        return translated;
    }

    /// <summary>The image of a resource: a key of values.yaml, so that a mirror or another build can take its place.</summary>
    public string ImageOf(IResource resource)
    {
        var key = $"parameters.{ChartValues.Key(resource.Name)}.{ChartValues.Key(resource.Name)}_image";
        if (resource.TryGetContainerImageName(out var image) && !resource.HasAnnotationOfType<DockerfileBuildAnnotation>())
        {
            values.Add(key, image.Contains(':', StringComparison.Ordinal) ? image : $"{image}:{version}");
            return $"{{{{ .Values.{key} }}}}";
        }

        // Built here: pushed to a registry that all of them share.
        values.Add("parameters.image_registry", "", "Put before the names of the images that are built from this repository, such as registry.example.com/team.");
        values.Add(key, $"{KubernetesNames.Of(resource)}:{version}");
        return $"{{{{ with .Values.parameters.image_registry }}}}{{{{ . }}}}/{{{{ end }}}}{{{{ .Values.{key} }}}}";
    }

    /// <summary>The name of the secret that holds a resource's variables: the chart's own, or one that somebody else keeps.</summary>
    public static string SecretNameOf(IResource resource) =>
        $"{{{{ .Values.existingSecrets.{ChartValues.Key(resource.Name)} | default `{KubernetesNames.Secrets(resource)}` }}}}";

    private static void AddLabels(BaseKubernetesResource? document, string component)
    {
        if (document is not null)
        {
            foreach (var (label, value) in KubernetesNames.Labels(component))
            {
                document.Metadata.Labels.TryAdd(label, value);
            }
        }
    }

    private async Task AddVariablesAsync(KubernetesResource translated, IResource resource, CancellationToken cancellationToken)
    {
        var config = new ConfigMap { Metadata = { Name = KubernetesNames.Config(resource) } };
        var secret = new Secret { Metadata = { Name = KubernetesNames.Secrets(resource) } };

        foreach (var (variable, value) in await resource.CollectEnvironmentAsync(execution, NullLogger.Instance, cancellationToken))
        {
            if (value is EndpointReference endpoint && !PublishedEndpoints.IsServed(endpoint))
            {
                continue;
            }

            var text = templates.OfVariable(value, resource);
            if (text.IsSecret)
            {
                secret.StringData[variable] = text.ToYamlValue();
            }
            else if (value is string plain)
            {
                var key = $"config.{ChartValues.Key(resource.Name)}.{ChartValues.Key(variable)}";
                values.Add(key, plain);
                config.Data[variable] = $"{{{{ .Values.{key} | quote }}}}";
            }
            else
            {
                config.Data[variable] = text.ToYamlValue();
            }
        }

        translated.ConfigMap = config.Data.Count > 0 ? config : null;
        if (secret.StringData.Count > 0)
        {
            var key = $"existingSecrets.{ChartValues.Key(resource.Name)}";
            values.Add(key, "");
            secret.Metadata.Annotations[ChartCondition.Annotation] = "!" + key;
            translated.Secret = secret;
        }
    }

    private async Task<ContainerV1> ContainerAsync(
        KubernetesResource translated, IResource resource, IReadOnlyList<EndpointReference> endpoints, CancellationToken cancellationToken)
    {
        var container = new ContainerV1
        {
            Name = KubernetesNames.Of(resource),
            Image = ImageOf(resource),
            ImagePullPolicy = environment.DefaultImagePullPolicy,
        };

        if (resource is ContainerResource { Entrypoint: { Length: > 0 } entrypoint })
        {
            container.Command.Add(entrypoint);
        }

        foreach (var argument in await resource.CollectArgumentsAsync(execution, NullLogger.Instance, cancellationToken))
        {
            container.Args.Add(templates.Of(argument).ToYamlValue());
        }

        if (translated.ConfigMap is not null)
        {
            container.EnvFrom.Add(new EnvFromSourceV1 { ConfigMapRef = new ConfigMapEnvSourceV1 { Name = KubernetesNames.Config(resource) } });
        }

        if (translated.Secret is not null)
        {
            container.EnvFrom.Add(new EnvFromSourceV1 { SecretRef = new SecretEnvSourceV1 { Name = SecretNameOf(resource) } });
        }

        foreach (var endpoint in endpoints)
        {
            container.Ports.Add(new ContainerPortV1 { Name = endpoint.EndpointName, Protocol = Protocol(endpoint), ContainerPort = PublishedEndpoints.PortOf(endpoint) });
        }

        Probes.AddTo(container, resource);
        return container;
    }

    private static void AddWorkload(KubernetesResource translated, IResource resource, ContainerV1 container)
    {
        var labels = KubernetesNames.Labels(KubernetesNames.Of(resource));
        if (resource is IResourceWithConnectionString)
        {
            translated.Workload = new StatefulSet
            {
                Metadata = { Name = KubernetesNames.StatefulSet(resource) },
                Spec = { Replicas = resource.GetReplicaCount(), ServiceName = KubernetesNames.Service(resource), Selector = new LabelSelectorV1(new(labels)) },
            };
        }
        else
        {
            translated.Workload = new Deployment
            {
                Metadata = { Name = KubernetesNames.Deployment(resource) },
                Spec =
                {
                    Replicas = resource.GetReplicaCount(),
                    Selector = new LabelSelectorV1(new(labels)),
                    Strategy = { RollingUpdate = new RollingUpdateDeploymentV1 { MaxSurge = 1, MaxUnavailable = 1 } },
                },
            };
        }

        var pod = translated.Workload.PodTemplate;
        pod.Metadata.Labels = new(labels);
        // New configuration rolls the pods.
        if (translated.ConfigMap is not null)
        {
            pod.Metadata.Annotations["checksum/config"] = Checksum(resource, "config");
        }

        if (translated.Secret is not null)
        {
            pod.Metadata.Annotations["checksum/secrets"] = Checksum(resource, "secrets");
        }

        pod.Spec.Containers.Add(container);
    }

    public string Text(object value) => templates.Of(value).ToYamlValue();

    private static string Checksum(IResource resource, string file) =>
        $"{{{{ include (print $.Template.BasePath `/{KubernetesNames.Of(resource)}/{file}.yaml`) . | sha256sum }}}}";

    private void AddVolumes(KubernetesResource translated, IResource resource, ContainerV1 container)
    {
        foreach (var mount in resource.Annotations.OfType<ContainerMountAnnotation>())
        {
            if (mount.Type == ContainerMountType.BindMount)
            {
                throw new DistributedApplicationException($"Bind mounts are not supported by the Kubernetes publisher: '{mount.Target}' of '{resource.Name}'. Use a volume.");
            }

            var name = KubernetesNames.Volume(mount.Source ?? $"{resource.Name}-{mount.Target}");
            container.VolumeMounts.Add(new VolumeMountV1 { Name = name, MountPath = mount.Target, ReadOnly = mount.IsReadOnly ? true : null });
            if (translated.Workload is StatefulSet stateful && string.Equals(environment.DefaultStorageType, "pvc", StringComparison.OrdinalIgnoreCase))
            {
                var claim = new PersistentVolumeClaim { Metadata = { Name = name }, Spec = { StorageClassName = environment.DefaultStorageClassName } };
                claim.Spec.AccessModes.Add(environment.DefaultStorageReadWritePolicy);
                claim.Spec.Resources.Requests["storage"] = environment.DefaultStorageSize;
                stateful.Spec.VolumeClaimTemplates.Add(claim);
            }
            else
            {
                translated.Workload!.PodTemplate.Spec.Volumes.Add(new VolumeV1 { Name = name, EmptyDir = new EmptyDirVolumeSourceV1() });
            }
        }
    }

    private Service ServiceFor(KubernetesResource translated, IResource resource, IReadOnlyList<EndpointReference> endpoints)
    {
        var service = new Service
        {
            Metadata = { Name = KubernetesNames.Service(resource) },
            Spec = { Type = environment.DefaultServiceType, Selector = KubernetesNames.Labels(KubernetesNames.Of(resource)) },
        };
        if (translated.Workload is StatefulSet)
        {
            service.Spec.ClusterIp = "None";
        }

        foreach (var endpoint in endpoints)
        {
            service.Spec.Ports.Add(new ServicePortV1
            {
                Name = endpoint.EndpointName,
                Protocol = Protocol(endpoint),
                AppProtocol = endpoint.EndpointAnnotation.Transport switch { "http2" => "kubernetes.io/h2c", "http" => "http", _ => null },
                Port = PublishedEndpoints.PortOf(endpoint),
                TargetPort = endpoint.EndpointName,
            });
        }

        return service;
    }

    private static string Protocol(EndpointReference endpoint) => endpoint.EndpointAnnotation.Protocol.ToString().ToUpperInvariant();
}
