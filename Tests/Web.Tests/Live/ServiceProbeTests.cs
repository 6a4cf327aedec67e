using CloudNativeAi.Web.Clients;
using CloudNativeAi.Web.Live;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CloudNativeAi.Web.Tests.Live;

public sealed class ServiceProbeTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private Func<string> _answer = () => "first";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_that_fails_keeps_its_last_answer_and_says_since_when()
    {
        var probe = Create();
        Assert.Equal(ServiceState.Unknown, probe.Current.State);
        await probe.ReadAsync(Token);
        Assert.Equal(ServiceState.Up, probe.Current.State);

        _answer = () => throw new RpcException(new Status(StatusCode.DeadlineExceeded, ""));
        _time.Advance(TimeSpan.FromSeconds(1));
        var since = _time.GetUtcNow();
        await probe.ReadAsync(Token);
        _time.Advance(TimeSpan.FromSeconds(1));
        await probe.ReadAsync(Token);

        Assert.Equal(ServiceState.Down, probe.Current.State);
        Assert.Equal(since, probe.Current.FailingSince);
        Assert.Equal("first", probe.Current.Value);
        Assert.Equal("Ingestion did not answer in time.", probe.Current.Error);
    }

    [Fact]
    public async Task A_service_that_answers_again_is_up()
    {
        var probe = Create();
        _answer = () => throw new InvalidOperationException("no address");
        await probe.ReadAsync(Token);
        _answer = () => "second";
        await probe.ReadAsync(Token);

        Assert.Equal(ServiceState.Up, probe.Current.State);
        Assert.Equal(("second", ""), (probe.Current.Value, probe.Current.Error));
    }

    [Fact]
    public async Task A_call_that_the_end_of_the_host_cuts_is_no_failure()
    {
        using var stopping = new CancellationTokenSource();
        _answer = () =>
        {
            stopping.Cancel();
            throw new RpcException(new Status(StatusCode.Cancelled, "Call canceled by the client."));
        };
        var probe = Create();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe.ReadAsync(stopping.Token));

        Assert.Equal(ServiceState.Unknown, probe.Current.State);
    }

    [Theory]
    [InlineData(StatusCode.Unimplemented, "", "Ingestion does not offer this call.")]
    [InlineData(StatusCode.Aborted, "'champion' points at 8.", "It changed in the meantime: 'champion' points at 8.")]
    [InlineData(StatusCode.InvalidArgument, "A reason is required.", "A reason is required.")]
    [InlineData(StatusCode.Internal, "", "Ingestion answered Internal.")]
    public void Failures_are_told_in_words(StatusCode code, string detail, string expected) =>
        Assert.Equal(expected, ServiceFailure.From(new RpcException(new Status(code, detail)), IngestionClient.Name).Message);

    private ServiceProbe<string> Create() => new(IngestionClient.Name, _ => Task.FromResult(_answer()), _time, NullLogger.Instance);
}
