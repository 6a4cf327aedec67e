using System.Text.Json;
using CloudNativeAi.Contracts.Training;
using Npgsql;

namespace CloudNativeAi.Training.Jobs;

internal static class JobReader
{
    public const string Columns =
        "id, request, state, stage, progress, error, attempt, created_at, started_at, ended_at, model_name, model_version, " +
        "model_digest, training_set_digest, run_id, metrics, revision";

    public static JobRow Read(NpgsqlDataReader reader)
    {
        var job = new Job
        {
            Id = reader.GetGuid(0).ToString(),
            Request = SubmitJobRequest.Parser.ParseFrom(reader.GetFieldValue<byte[]>(1)),
            State = (JobState)reader.GetInt16(2),
            Stage = reader.GetString(3),
            Progress = reader.GetDouble(4),
            Error = reader.GetString(5),
            Attempt = reader.GetInt32(6),
            CreatedMicros = Micros(reader, 7),
            StartedMicros = Micros(reader, 8),
            EndedMicros = Micros(reader, 9),
            ModelName = reader.GetString(10),
            ModelVersion = reader.GetInt32(11),
            ModelDigest = reader.GetString(12),
            TrainingSetDigest = reader.GetString(13),
            RunId = reader.GetString(14),
        };
        foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, double>>(reader.GetString(15))!)
        {
            job.Metrics.Add(name, value);
        }

        return new JobRow(job, reader.GetInt64(16));
    }

    private static long Micros(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? 0 : (reader.GetDateTime(column).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;
}
