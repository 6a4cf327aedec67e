using System.Net.Sockets;
using Grpc.Core;
using Npgsql;
using StackExchange.Redis;

namespace CloudNativeAi.ServiceDefaults.Tests.Grpc;

public sealed class ExceptionTests
{
    private const string Detail = "the password is tulip";

    public static TheoryData<string, StatusCode> Exceptions => new()
    {
        { "bug", StatusCode.Internal },
        { "postgres", StatusCode.Unavailable },
        { "redis", StatusCode.Unavailable },
        { "constraint", StatusCode.Internal },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public async Task Exception_becomes_a_status_without_its_detail(string kind, StatusCode expected)
    {
        await using var service = await TestService.StartAsync(_ => throw Create(kind));
        var token = TestContext.Current.CancellationToken;

        var unary = await Assert.ThrowsAsync<RpcException>(() => service.Client().GetApplicationInformationAsync(new(), cancellationToken: token).ResponseAsync);
        using var call = service.Client().WatchResources(new(), cancellationToken: token);
        var streaming = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(token));

        foreach (var exception in (RpcException[])[unary, streaming])
        {
            Assert.Equal(expected, exception.StatusCode);
            Assert.DoesNotContain("tulip", exception.Status.Detail, StringComparison.Ordinal);
            Assert.DoesNotContain(" at ", exception.Status.Detail, StringComparison.Ordinal);
            Assert.Matches("race id [0-9a-f]{32}", exception.Status.Detail);
        }

        Assert.Equal(2, service.Services.GetFakeLogCollector().GetSnapshot().Count(record => record.Exception?.Message.Contains(Detail, StringComparison.Ordinal) == true));
    }

    [Fact]
    public async Task Status_that_the_service_chose_is_kept()
    {
        await using var service = await TestService.StartAsync(_ => throw new RpcException(new Status(StatusCode.NotFound, "There is no model 'churn'.")));

        var exception = await Assert.ThrowsAsync<RpcException>(
            () => service.Client().GetApplicationInformationAsync(new(), cancellationToken: TestContext.Current.CancellationToken).ResponseAsync);

        Assert.Equal((StatusCode.NotFound, "There is no model 'churn'."), (exception.StatusCode, exception.Status.Detail));
    }

    private static Exception Create(string kind) => kind switch
    {
        "postgres" => new NpgsqlException(Detail, new SocketException((int)SocketError.ConnectionRefused)),
        "redis" => new RedisConnectionException(ConnectionFailureType.UnableToConnect, CommandFlags.None, Detail),
        "constraint" => new PostgresException(Detail, "ERROR", "ERROR", PostgresErrorCodes.UniqueViolation),
        _ => new InvalidOperationException(Detail),
    };
}
