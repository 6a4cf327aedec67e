using CloudNativeAi.Contracts.Common;
using CloudNativeAi.Contracts.Inference;
using CloudNativeAi.Modeling;

namespace CloudNativeAi.Inference.Tests.Support;

/// <summary>A version as training makes it: two online features of a user, a request field through an expression.</summary>
internal static class TestModels
{
    public const string Name = "churn";
    public const string First = "activity:first";
    public const string Second = "activity:second";

    public static readonly (string, byte[])[] Unsigned = [(ModelFiles.Onnx, TestOnnx.Identity(Tensors.Datatype.Fp32, -1, 2))];

    public static (string, byte[])[] Signed(double first = 1, double second = -2, double doubled = 0.5) =>
    [
        (ModelFiles.Onnx, TestOnnx.Logistic(first, second, doubled)),
        (ModelFiles.Signature, Signature().ToJson()),
    ];

    public static double Score(double first, double second, double amount, double firstWeight = 1, double secondWeight = -2, double doubledWeight = 0.5) =>
        1 / (1 + Math.Exp(-((first * firstWeight) + (second * secondWeight) + (amount * 2 * doubledWeight))));

    public static PredictRequest Request(string user, double amount = 3, string id = "") => new()
    {
        ModelName = Name,
        PredictionId = id,
        EntityKeys = { ["user"] = new Value { StringValue = user } },
        RequestFields = { ["amount"] = new Value { DoubleValue = amount } },
    };

    public static ModelSignature Signature() => ModelSignature.Create(
        "churn_features", 1,
        [new SignatureField("user", ModelType.String)],
        [new SignatureField("amount", ModelType.Double)],
        [new SignatureRequestFeature("doubled", ModelType.Double, "amount * 2")],
        [
            new SignatureFeature(First, FeatureOrigin.Online, ModelType.Double, FeatureKind.Numeric),
            new SignatureFeature(Second, FeatureOrigin.Online, ModelType.Double, FeatureKind.Numeric),
            new SignatureFeature("doubled", FeatureOrigin.Request, ModelType.Double, FeatureKind.Numeric),
        ],
        "churned", threshold: 0.5);
}
