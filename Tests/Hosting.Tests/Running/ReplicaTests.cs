using System.Net.Http.Json;
using Aspire.Hosting.Testing;
using CloudNativeAi.Hosting.Tests.Support;

namespace CloudNativeAi.Hosting.Tests.Running;

public sealed class ReplicaTests
{
    [Fact]
    public async Task Replicas_share_the_public_port_and_differ_in_the_rest()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddTestService("service").WithReplicas(2));
        var ids = InstanceIds(application);
        foreach (var id in ids)
        {
            await application.WaitUntilHealthyAsync(id);
        }

        Dictionary<int, string> answers = [];
        for (var request = 0; request < 4; request++)
        {
            // A client each, because connections are balanced, not requests.
            using var client = application.CreateHttpClient("service");
            var environment = await client.GetFromJsonAsync<Dictionary<string, string>>("/environment", TestApplication.Patience());
            answers[await client.GetFromJsonAsync<int>("/pid", TestApplication.Patience())] = environment!["OTEL_RESOURCE_ATTRIBUTES"];
        }

        Assert.Equal(2, answers.Count);
        Assert.Equal(ids.Select(id => $"service.instance.id={id["service-".Length..]}").Order(), answers.Values.Order());
    }

    [Fact]
    public async Task Killed_replica_is_passed_over()
    {
        await using var application = await TestApplication.StartAsync(builder => builder.AddTestService("service").WithReplicas(2));
        var ids = InstanceIds(application);
        foreach (var id in ids)
        {
            await application.WaitUntilHealthyAsync(id);
        }

        await application.KillAsync(ids[0], TestApplication.Patience());

        for (var request = 0; request < 4; request++)
        {
            using var client = application.CreateHttpClient("service");
            Assert.Equal("well", await client.GetStringAsync("/health", TestApplication.Patience()));
        }
    }

    private static List<string> InstanceIds(DistributedApplication application) =>
        [.. application.ResourceNotifications.Current().Where(@event => @event.Resource.Name == "service").Select(@event => @event.ResourceId)];
}
