using System.Runtime.InteropServices;
using CloudNativeAi.Training.TrainingSets;

namespace CloudNativeAi.Training.Trainers.LightGbm;

/// <summary>LightGBM's own, binned copy of a matrix and its labels.</summary>
internal sealed class LightGbmDataset : SafeHandle
{
    public LightGbmDataset(EncodedMatrix matrix, string parameters, LightGbmDataset? binsOf = null)
        : base(0, ownsHandle: true)
    {
        unsafe
        {
            fixed (double* values = matrix.Values)
            {
                LightGbmLibrary.Check(LightGbmLibrary.DatasetCreateFromMat(
                    values, LightGbmLibrary.Float64, matrix.Rows, matrix.Columns, isRowMajor: 1, parameters, binsOf?.handle ?? 0, out handle));
            }

            var labels = new float[matrix.Rows];
            for (var row = 0; row < labels.Length; row++)
            {
                labels[row] = matrix.Labels[row] ? 1 : 0;
            }

            fixed (float* pointer = labels)
            {
                LightGbmLibrary.Check(LightGbmLibrary.DatasetSetField(handle, "label", pointer, labels.Length, LightGbmLibrary.Float32));
            }
        }
    }

    public override bool IsInvalid => handle == 0;

    internal nint Native => handle;

    protected override bool ReleaseHandle() => LightGbmLibrary.DatasetFree(handle) == 0;
}
