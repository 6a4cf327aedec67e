using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Names of the processes of a resource: the resource's own, or with replicas one each with a suffix.</summary>
internal static class InstanceNames
{
    private const string SuffixAlphabet = "bcdfghjkmnpqrstvwxyz";
    private const int SuffixLength = 8;

    private static readonly ConditionalWeakTable<IResource, string[]> Known = [];

    public static IReadOnlyList<string> IdsOf(IResource resource)
    {
        var suffixes = Suffixes(resource);
        return suffixes.Length == 1 ? [resource.Name] : [.. suffixes.Select(suffix => $"{resource.Name}-{suffix}")];
    }

    /// <summary>Value of <c>service.instance.id</c> for the replica whose variables are being worked out.</summary>
    public static string SuffixOf(IResource resource)
    {
        var suffixes = Suffixes(resource);
        return suffixes[ReplicaScope.CurrentIndex(suffixes.Length)];
    }

    private static string[] Suffixes(IResource resource)
    {
        var replicas = Math.Max(1, resource.GetReplicaCount());
        lock (Known)
        {
            if (!Known.TryGetValue(resource, out var suffixes) || suffixes.Length != replicas)
            {
                suffixes = [.. Enumerable.Range(0, replicas).Select(_ => RandomNumberGenerator.GetString(SuffixAlphabet, SuffixLength))];
                Known.AddOrUpdate(resource, suffixes);
            }

            return suffixes;
        }
    }
}
