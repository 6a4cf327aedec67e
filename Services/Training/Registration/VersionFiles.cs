using System.Text;
using System.Text.Json;
using CloudNativeAi.Modeling;
using CloudNativeAi.Training.Evaluation;
using CloudNativeAi.Training.Trainers;

namespace CloudNativeAi.Training.Registration;

/// <summary>The directory of a version. No clock and no random id goes into it: equal inputs are equal bytes.</summary>
internal static class VersionFiles
{
    public static IReadOnlyDictionary<string, byte[]> Create(
        TrainedModel model, ModelSignature signature, ModelBaseline baseline, EvaluationReport report, ModelLineage lineage)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal)
        {
            [ModelFiles.Onnx] = model.Onnx,
            [ModelFiles.Signature] = signature.ToJson(),
            [ModelFiles.Baseline] = baseline.ToJson(),
            [ModelFiles.Evaluation] = report.ToJson(),
            [ModelFiles.Importance] = Importance(model, signature),
            [ModelFiles.Lineage] = lineage.ToJson(),
            [ModelFiles.ModelCard] = Encoding.UTF8.GetBytes(ModelCard.Write(model, signature, report, lineage)),
            [ModelFiles.MlflowModel] = Encoding.UTF8.GetBytes(MlflowModel(signature)),
        };
        if (model.LightGbmText is { } text)
        {
            files[ModelFiles.LightGbmText] = Encoding.UTF8.GetBytes(text);
        }

        return files;
    }

    // Shares are easier to compare between versions than gains.
    private static byte[] Importance(TrainedModel model, ModelSignature signature)
    {
        var total = model.Importance.Sum();
        return ModelJson.Serialize(new
        {
            FormatVersion = 1,
            Kind = model.ImportanceKind,
            Features = signature.Features
                .Select((feature, index) => new { feature.Name, Importance = model.Importance[index], Share = total > 0 ? model.Importance[index] / total : 0 })
                .OrderByDescending(feature => feature.Importance).ThenBy(feature => feature.Name, StringComparer.Ordinal),
        });
    }

    // MLflow's own file: its clients load the directory as an ONNX model.
    private static string MlflowModel(ModelSignature signature) => $"""
        artifact_path: model
        flavors:
          onnx:
            code: null
            data: {ModelFiles.Onnx}
            onnx_version: 1.17.0
            providers:
            - CPUExecutionProvider
          python_function:
            data: {ModelFiles.Onnx}
            loader_module: mlflow.onnx
        signature:
          inputs: '{Tensor(ModelSignature.InputName, signature.Features.Count)}'
          outputs: '{Tensor(ModelSignature.OutputName, 1)}'

        """;

    private static string Tensor(string name, int columns) => JsonSerializer.Serialize(
        new[] { new Dictionary<string, object> { ["name"] = name, ["type"] = "tensor", ["tensor-spec"] = new { dtype = "float64", shape = new[] { -1, columns } } } });
}
