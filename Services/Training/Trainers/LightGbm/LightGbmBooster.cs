using System.Runtime.InteropServices;
using System.Text;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Trainers.LightGbm;

/// <summary>A model while it grows, tree by tree.</summary>
internal sealed class LightGbmBooster : SafeHandle
{
    // The native booster points into these.
    private readonly LightGbmDataset[] _datasets;

    public LightGbmBooster(LightGbmDataset train, LightGbmDataset validation, string parameters)
        : base(0, ownsHandle: true)
    {
        _datasets = [train, validation];
        LightGbmLibrary.Check(LightGbmLibrary.BoosterCreate(train.Native, parameters, out handle));
        LightGbmLibrary.Check(LightGbmLibrary.BoosterAddValidData(handle, validation.Native));
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Grows one tree. False when no split is worth it any more.</summary>
    public bool Grow()
    {
        LightGbmLibrary.Check(LightGbmLibrary.BoosterUpdateOneIter(handle, out var isFinished));
        GC.KeepAlive(_datasets);
        return isFinished == 0;
    }

    /// <summary>The first metric on the validation rows.</summary>
    public double EvaluateValidation()
    {
        LightGbmLibrary.Check(LightGbmLibrary.BoosterGetEvalCounts(handle, out var count));
        var results = new double[count];
        unsafe
        {
            fixed (double* pointer = results)
            {
                LightGbmLibrary.Check(LightGbmLibrary.BoosterGetEval(handle, dataIndex: 1, out _, pointer));
            }
        }

        return results[0];
    }

    public double[] Predict(EncodedMatrix matrix, int iterations)
    {
        var results = new double[matrix.Rows];
        unsafe
        {
            fixed (double* values = matrix.Values, pointer = results)
            {
                LightGbmLibrary.Check(LightGbmLibrary.BoosterPredictForMat(
                    handle, values, LightGbmLibrary.Float64, matrix.Rows, matrix.Columns, isRowMajor: 1,
                    LightGbmLibrary.PredictProbability, startIteration: 0, iterations, "num_threads=1", out _, pointer));
            }
        }

        return results;
    }

    /// <summary>Total gain of each column's splits.</summary>
    public double[] Importance(int columns, int iterations)
    {
        var results = new double[columns];
        unsafe
        {
            fixed (double* pointer = results)
            {
                LightGbmLibrary.Check(LightGbmLibrary.BoosterFeatureImportance(handle, iterations, LightGbmLibrary.ImportanceByGain, pointer));
            }
        }

        return results;
    }

    public string Save(int iterations)
    {
        unsafe
        {
            LightGbmLibrary.Check(LightGbmLibrary.BoosterSaveModelToString(handle, 0, iterations, LightGbmLibrary.ImportanceByGain, 0, out var length, null));
            var buffer = new byte[length];
            fixed (byte* pointer = buffer)
            {
                LightGbmLibrary.Check(LightGbmLibrary.BoosterSaveModelToString(handle, 0, iterations, LightGbmLibrary.ImportanceByGain, length, out _, pointer));
            }

            // The last byte ends a C string.
            return Encoding.UTF8.GetString(buffer.AsSpan(0, buffer.Length - 1));
        }
    }

    protected override bool ReleaseHandle() => LightGbmLibrary.BoosterFree(handle) == 0;
}
