using System.Collections.Concurrent;
using System.Net;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Web.Live;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.ServiceDiscovery;

namespace CloudNativeAi.Web.Clients;

/// <summary>
/// Asks every replica of Inference for its status: each address that service discovery has for it. An address that stands for
/// several (a cluster's virtual one) is answered by one of them, whose name is in its answer.
/// </summary>
public sealed class InferenceReplicas(ServiceEndpointResolver resolver, CallDeadlines deadlines) : IDisposable
{
    private const string ServiceName = "http://_grpc.inference";

    private readonly ConcurrentDictionary<string, GrpcChannel> _channels = new(StringComparer.Ordinal);

    /// <summary>By address; a replica that is found at two is there once.</summary>
    /// <exception cref="RpcException">None of them answers.</exception>
    public async Task<IReadOnlyList<ReplicaReading>> ReadAsync(CancellationToken cancellationToken)
    {
        var source = await resolver.GetEndpointsAsync(ServiceName, cancellationToken);
        var addresses = source.Endpoints.Select(endpoint => AddressOf(endpoint.EndPoint)).Distinct().Order(StringComparer.Ordinal).ToList();
        Forget(addresses);

        var readings = await Task.WhenAll(addresses.Select(address => AskAsync(address, cancellationToken)));
        if (readings.All(reading => reading.Reading.Status is null))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw readings.Select(reading => reading.Failure).FirstOrDefault()
                ?? new RpcException(new Status(StatusCode.Unavailable, "service discovery has no address of it"));
        }

        return [.. readings.Select(reading => reading.Reading).DistinctBy(reading => reading.Status?.Replica is { Length: > 0 } replica ? replica : reading.Address)];
    }

    public void Dispose() => Forget([]);

    private async Task<(ReplicaReading Reading, RpcException? Failure)> AskAsync(string address, CancellationToken cancellationToken)
    {
        var channel = _channels.GetOrAdd(address, static address => GrpcChannel.ForAddress(address));
        try
        {
            var client = new Prediction.PredictionClient(channel);
            return (new ReplicaReading(address, await client.GetServingStatusAsync(new GetServingStatusRequest(), deadlines.ForStatus(cancellationToken))), null);
        }
        catch (RpcException exception)
        {
            return (new ReplicaReading(address, null, ServiceFailure.From(exception, InferenceClient.Name).Message), exception);
        }
    }

    private void Forget(IReadOnlyCollection<string> present)
    {
        foreach (var address in _channels.Keys.Except(present))
        {
            if (_channels.TryRemove(address, out var channel))
            {
                channel.Dispose();
            }
        }
    }

    private static string AddressOf(EndPoint endPoint) => endPoint switch
    {
        UriEndPoint uri => uri.Uri.GetLeftPart(UriPartial.Authority),
        DnsEndPoint dns => $"http://{dns.Host}:{(dns.Port == 0 ? 80 : dns.Port)}",
        _ => $"http://{endPoint}",
    };
}
