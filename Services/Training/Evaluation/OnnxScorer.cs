using CloudNativeAi.Modeling;
using CloudNativeAi.Training.TrainingSets;
using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace CloudNativeAi.Training.Evaluation;

/// <summary>Scores rows with ONNX Runtime, as serving does.</summary>
internal sealed class OnnxScorer : IDisposable
{
    private const int RowsPerRun = 4_096;

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();

    public OnnxScorer(byte[] model)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(model, options);
    }

    public double[] Score(EncodedMatrix matrix)
    {
        var scores = new double[matrix.Rows];
        for (var start = 0; start < matrix.Rows; start += RowsPerRun)
        {
            var rows = Math.Min(RowsPerRun, matrix.Rows - start);
            using var input = OrtValue.CreateTensorValueFromMemory(
                OrtMemoryInfo.DefaultInstance, matrix.Values.AsMemory(start * matrix.Columns, rows * matrix.Columns), [rows, matrix.Columns]);
            using var outputs = _session.Run(_runOptions, [ModelSignature.InputName], [input], [ModelSignature.OutputName]);
            outputs[0].GetTensorDataAsSpan<double>().CopyTo(scores.AsSpan(start, rows));
        }

        return scores;
    }

    public void Dispose()
    {
        _runOptions.Dispose();
        _session.Dispose();
    }
}
