using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using CloudNativeAi.Contracts.ModelRegistry;
using CloudNativeAi.TestSupport;
using Grpc.Core;

namespace CloudNativeAi.ModelRegistry.Tests;

public sealed class ModelVersionFunctionalTests(PostgresServer postgres) : IAsyncLifetime
{
    private RegistryHost _registry = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _registry = await RegistryHost.StartAsync(postgres);

    public ValueTask DisposeAsync() => _registry.DisposeAsync();

    [Fact]
    public async Task Registered_version_is_returned_whole()
    {
        var header = Uploads.Header("churn", Uploads.Simple);
        header.RunId = "run-1";
        header.Description = "first";
        header.Tags.Add("team", "growth");
        header.Metrics.Add("auc", 0.71);
        header.Metrics.Add("undefined", double.NaN);
        header.Lineage.Add("reason", "manual");

        var registered = await _registry.Client.UploadAsync(header, "wei"u8.ToArray(), "ghts{"u8.ToArray(), "}"u8.ToArray());

        Assert.Equal(1, registered.Version);
        Assert.Equal(header.Digest, registered.Digest);
        Assert.Equal(header.Files, registered.Files);
        Assert.Equal("growth", registered.Tags["team"]);
        Assert.True(double.IsNaN(registered.Metrics["undefined"]));
        Assert.Equal(registered, await _registry.Client.GetModelVersionAsync(new GetModelVersionRequest { ModelName = "churn", Version = 1 }, cancellationToken: Cancelled));
        Assert.Equal("weights"u8.ToArray(), await ReadAsync("churn", 1, "model.onnx"));
    }

    [Fact]
    public async Task Same_content_is_the_same_version_for_one_model_and_another_for_the_next()
    {
        var first = await _registry.Client.RegisterAsync("churn", Uploads.Simple);
        var again = await _registry.Client.RegisterAsync("churn", Uploads.Simple);
        var other = await _registry.Client.RegisterAsync("fraud", Uploads.Simple);

        Assert.Equal(first, again);
        Assert.Equal(("fraud", 1), (other.ModelName, other.Version));
        Assert.Equal(2, _registry.StoredFiles().Length);
    }

    [Fact]
    public async Task Concurrent_registrations_get_distinct_consecutive_numbers()
    {
        var versions = await Task.WhenAll(Enumerable.Range(0, 12).Select(seed => _registry.Client.RegisterAsync("churn", Uploads.Distinct(seed))));

        Assert.Equal(Enumerable.Range(1, 12), versions.Select(version => version.Version).Order());
    }

    [Fact]
    public async Task Concurrent_registrations_of_the_same_content_are_one_version()
    {
        var versions = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => _registry.Client.RegisterAsync("churn", Uploads.Simple)));

        Assert.All(versions, version => Assert.Equal(1, version.Version));
        var state = Assert.Single((await _registry.Client.ListModelsAsync(new ListModelsRequest(), cancellationToken: Cancelled)).Models);
        Assert.Equal(1, state.VersionCount);
    }

    [Theory]
    [InlineData("../model.onnx")]
    [InlineData("a/../../model.onnx")]
    [InlineData("a/..")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("./model.onnx")]
    [InlineData("/etc/passwd")]
    [InlineData("//server/share")]
    [InlineData("C:/model.onnx")]
    [InlineData("..\\model.onnx")]
    [InlineData("a\\b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("file.")]
    [InlineData("file ")]
    [InlineData("a?b")]
    public async Task Path_that_could_leave_its_directory_is_refused(string path)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.RegisterAsync("churn", (path, [1, 2, 3])));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task File_inside_a_file_and_the_same_path_twice_are_refused()
    {
        var inside = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.RegisterAsync("churn", ("a", [1]), ("a/b/c", [2])));
        var twice = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.RegisterAsync("churn", ("a", [1]), ("A", [1])));

        Assert.Equal((StatusCode.InvalidArgument, StatusCode.InvalidArgument), (inside.StatusCode, twice.StatusCode));
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Truncated_upload_leaves_nothing()
    {
        var header = Uploads.Header("churn", Uploads.Simple);

        var refused = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.UploadAsync(header, "weights{"u8.ToArray()));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains("signature.json", refused.Status.Detail, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Upload_with_more_bytes_than_announced_leaves_nothing()
    {
        var header = Uploads.Header("churn", Uploads.Simple);

        var refused = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.UploadAsync(header, "weights{}!"u8.ToArray()));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Upload_with_another_content_than_announced_leaves_nothing()
    {
        var header = Uploads.Header("churn", Uploads.Simple);

        var refused = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.UploadAsync(header, "Weights{}"u8.ToArray()));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains("model.onnx", refused.Status.Detail, StringComparison.Ordinal);
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Upload_that_is_cancelled_leaves_nothing()
    {
        using var stop = new CancellationTokenSource();
        using var call = _registry.Client.RegisterModelVersion(cancellationToken: stop.Token);
        await call.RequestStream.WriteAsync(new RegisterModelVersionRequest { Header = Uploads.Header("churn", Uploads.Simple) }, Cancelled);
        await call.RequestStream.WriteAsync(new RegisterModelVersionRequest { Chunk = Google.Protobuf.ByteString.CopyFrom(1) }, Cancelled);

        await stop.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

        // The server sees the cancellation a moment after the client.
        Assert.True(SpinWait.SpinUntil(() => _registry.StoredFiles().Length == 0, TimeSpan.FromSeconds(10)));
        await AssertNothingIsLeftAsync();
    }

    [Fact]
    public async Task Wrong_digest_is_refused()
    {
        var header = Uploads.Header("churn", Uploads.Simple);
        header.Digest = new string('0', 64);

        var refused = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.UploadAsync(header, "weights{}"u8.ToArray()));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        await AssertNothingIsLeftAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("1churn")]
    [InlineData("../churn")]
    [InlineData("churn/x")]
    [InlineData("churn\n")]
    public async Task Bad_model_name_is_refused(string name)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.RegisterAsync(name, Uploads.Simple));

        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task File_and_version_size_and_file_count_are_bounded()
    {
        await using var small = await RegistryHost.StartAsync(postgres, builder =>
        {
            builder.UseSetting("Artifacts:MaxFiles", "2");
            builder.UseSetting("Artifacts:MaxFileBytes", "4");
            builder.UseSetting("Artifacts:MaxVersionBytes", "6");
        });

        await small.Client.RegisterAsync("churn", ("a", [1, 2, 3, 4]), ("b", [1, 2]));
        var size = await Assert.ThrowsAsync<RpcException>(() => small.Client.RegisterAsync("churn", ("a", [1, 2, 3, 4, 5])));
        var total = await Assert.ThrowsAsync<RpcException>(() => small.Client.RegisterAsync("churn", ("a", [1, 2, 3, 4]), ("b", [1, 2, 3])));
        var count = await Assert.ThrowsAsync<RpcException>(() => small.Client.RegisterAsync("churn", ("a", [1]), ("b", [2]), ("c", [3])));

        Assert.All([size, total, count], refused => Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode));
    }

    [Fact]
    public async Task Version_larger_than_a_request_body_is_registered()
    {
        var content = new byte[40 * 1024 * 1024];
        new Random(1).NextBytes(content);

        await _registry.Client.UploadAsync(Uploads.Header("large", ("model.onnx", content)), [.. content.Chunk(1024 * 1024)]);

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await ReadAsync("large", 1, "model.onnx")));
    }

    [Fact]
    public async Task Versions_are_listed_newest_first_in_pages()
    {
        for (var seed = 0; seed < 5; seed++)
        {
            await _registry.Client.RegisterAsync("churn", Uploads.Distinct(seed));
        }

        var page = await _registry.Client.ListModelVersionsAsync(new ListModelVersionsRequest { ModelName = "churn", PageSize = 2, BeforeVersion = 4 }, cancellationToken: Cancelled);
        var missing = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.ListModelVersionsAsync(new ListModelVersionsRequest { ModelName = "none" }, cancellationToken: Cancelled).ResponseAsync);
        var tooLarge = await Assert.ThrowsAsync<RpcException>(() => _registry.Client.ListModelVersionsAsync(new ListModelVersionsRequest { ModelName = "churn", PageSize = 1_001 }, cancellationToken: Cancelled).ResponseAsync);

        Assert.Equal([3, 2], page.Versions.Select(version => version.Version));
        Assert.Equal(StatusCode.NotFound, missing.StatusCode);
        Assert.Equal(StatusCode.InvalidArgument, tooLarge.StatusCode);
    }

    [Fact]
    public async Task Versions_and_content_outlive_the_process()
    {
        var before = await _registry.Client.RegisterAsync("churn", Uploads.Simple);
        // What a killed upload leaves: an unfinished file, and content whose transaction never committed.
        var artifacts = Path.Combine(_registry.DataDirectory, "artifacts");
        await File.WriteAllTextAsync(Path.Combine(artifacts, "incoming", "killed"), "half", Cancelled);
        var orphan = Path.Combine(artifacts, "sha256", "ff", new string('f', 64));
        Directory.CreateDirectory(Path.GetDirectoryName(orphan)!);
        await File.WriteAllTextAsync(orphan, "orphan", Cancelled);

        _registry = await _registry.RestartAsync();

        Assert.Equal(before, await _registry.Client.GetModelVersionAsync(new GetModelVersionRequest { ModelName = "churn", Version = 1 }, cancellationToken: Cancelled));
        Assert.Equal("{}"u8.ToArray(), await ReadAsync("churn", 1, "signature.json"));
        Assert.Equal(2, _registry.StoredFiles().Length);
        Assert.Equal(2, (await _registry.Client.RegisterAsync("churn", Uploads.Distinct(2))).Version);
    }

    [Fact]
    public async Task Version_is_read_and_downloaded_over_http()
    {
        await _registry.Client.RegisterAsync("churn", ("data/model.onnx", [1, 2, 3]));

        var model = await _registry.Http.GetFromJsonAsync<ModelDocument>("/v1/models/churn", Cancelled);
        var version = await _registry.Http.GetFromJsonAsync<ModelVersionDocument>("/v1/models/churn/versions/1", Cancelled);
        var content = await _registry.Http.GetByteArrayAsync("/v1/models/churn/versions/1/artifacts/data/model.onnx", Cancelled);
        var audit = await _registry.Http.GetFromJsonAsync<AuditEntryDocument[]>("/v1/models/churn/audit", Cancelled);

        Assert.Equal(1, model!.LatestVersion);
        Assert.Equal("data/model.onnx", Assert.Single(version!.Files).Path);
        Assert.Equal([1, 2, 3], content);
        Assert.Equal("register_version", Assert.Single(audit!).Action);
        Assert.Single((await _registry.Http.GetFromJsonAsync<ModelDocument[]>("/v1/models", Cancelled))!);
    }

    [Theory]
    [InlineData("/v1/models/none", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/churn/versions/9", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/churn/versions/1/artifacts/none", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/churn/versions/1/artifacts/..%2F..%2Fetc%2Fpasswd", HttpStatusCode.NotFound)]
    [InlineData("/v1/models/churn/versions?pageSize=0", HttpStatusCode.BadRequest)]
    [InlineData("/v1/models/churn/versions?pageSize=x", HttpStatusCode.BadRequest)]
    public async Task Bad_http_request_is_answered_with_a_problem(string path, HttpStatusCode expected)
    {
        await _registry.Client.RegisterAsync("churn", Uploads.Simple);

        using var response = await _registry.Http.GetAsync(path, Cancelled);

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    private async Task<byte[]> ReadAsync(string model, int version, string path)
    {
        using var call = _registry.Client.ReadArtifact(new ReadArtifactRequest { ModelName = model, Version = version, Path = path }, cancellationToken: Cancelled);
        var content = new MemoryStream();
        await foreach (var chunk in call.ResponseStream.ReadAllAsync(Cancelled))
        {
            content.Write(chunk.Data.Span);
        }

        return content.ToArray();
    }

    private async Task AssertNothingIsLeftAsync()
    {
        Assert.Empty((await _registry.Client.ListModelsAsync(new ListModelsRequest(), cancellationToken: Cancelled)).Models);
        Assert.Empty(_registry.StoredFiles());
    }
}
