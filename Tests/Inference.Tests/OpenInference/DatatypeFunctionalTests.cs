using CloudNativeAi.Contracts.OpenInference;
using CloudNativeAi.Inference.Tensors;
using CloudNativeAi.Inference.Tests.Support;
using Google.Protobuf;
using static CloudNativeAi.Inference.Tests.Support.InferRequests;

namespace CloudNativeAi.Inference.Tests.OpenInference;

/// <summary>Every datatype goes through ONNX Runtime and comes back, raw and typed.</summary>
public sealed class DatatypeFunctionalTests : IAsyncLifetime
{
    private static readonly Dictionary<Datatype, (byte[] Raw, InferTensorContents? Typed)> Cases = new()
    {
        [Datatype.Bool] = ([1, 0], new InferTensorContents { BoolContents = { true, false } }),
        [Datatype.Uint8] = ([1, 255], new InferTensorContents { UintContents = { 1, 255 } }),
        [Datatype.Uint16] = (Bytes<ushort>(1, 65535), new InferTensorContents { UintContents = { 1, 65535 } }),
        [Datatype.Uint32] = (Bytes(1u, uint.MaxValue), new InferTensorContents { UintContents = { 1, uint.MaxValue } }),
        [Datatype.Uint64] = (Bytes(1ul, ulong.MaxValue), new InferTensorContents { Uint64Contents = { 1, ulong.MaxValue } }),
        [Datatype.Int8] = (Bytes<sbyte>(-1, 127), new InferTensorContents { IntContents = { -1, 127 } }),
        [Datatype.Int16] = (Bytes<short>(-1, short.MinValue), new InferTensorContents { IntContents = { -1, short.MinValue } }),
        [Datatype.Int32] = (Bytes(-1, int.MinValue), new InferTensorContents { IntContents = { -1, int.MinValue } }),
        [Datatype.Int64] = (Bytes(-1L, long.MinValue), new InferTensorContents { Int64Contents = { -1, long.MinValue } }),
        [Datatype.Fp16] = (Bytes((Half)1.5, Half.NaN), null),
        [Datatype.Bf16] = (Bytes<ushort>(0x3fc0, 0x7fc0), null),
        [Datatype.Fp32] = (Bytes(float.NaN, float.NegativeInfinity), new InferTensorContents { Fp32Contents = { float.NaN, float.NegativeInfinity } }),
        [Datatype.Fp64] = (Bytes(double.NaN, 0.1), new InferTensorContents { Fp64Contents = { double.NaN, 0.1 } }),
        [Datatype.Bytes] = ([0, 0, 0, 0, 3, 0, 0, 0, 97, 98, 99], new InferTensorContents { BytesContents = { ByteString.Empty, ByteString.CopyFromUtf8("abc") } }),
    };

    private FakePlatform _platform = null!;
    private InferenceHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _platform = await FakePlatform.StartAsync();
        _host = await InferenceHost.ServeAsync(_platform, [.. Cases.Keys.Select(datatype => ($"m{datatype}", TestOnnx.Identity(datatype, -1, 1)))]);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _platform.DisposeAsync();
    }

    [Fact]
    public async Task Every_datatype_round_trips_raw_and_typed()
    {
        Assert.Equal(Enum.GetValues<Datatype>().Order(), Cases.Keys.Order());
        foreach (var (datatype, (raw, typed)) in Cases)
        {
            var request = new ModelInferRequest { ModelName = $"m{datatype}", Id = "an id", Inputs = { Input("X", datatype.ToName(), [2, 1]) } };
            request.RawInputContents.Add(ByteString.CopyFrom(raw));
            var rawAnswer = await _host.OpenInference.ModelInferAsync(request, cancellationToken: TestContext.Current.CancellationToken);

            Assert.Equal(raw, rawAnswer.RawOutputContents[0].ToByteArray());
            Assert.Equal("an id", rawAnswer.Id);
            Assert.Equal("1", rawAnswer.ModelVersion);
            Assert.Equal((datatype.ToName(), "Y"), (rawAnswer.Outputs[0].Datatype, rawAnswer.Outputs[0].Name));
            Assert.Equal([2, 1], rawAnswer.Outputs[0].Shape);

            if (typed is not null)
            {
                request.RawInputContents.Clear();
                request.Inputs[0].Contents = typed;
                var typedAnswer = await _host.OpenInference.ModelInferAsync(request, cancellationToken: TestContext.Current.CancellationToken);
                Assert.Equal(raw, typedAnswer.RawOutputContents[0].ToByteArray());
            }
        }
    }
}
