using System.Text;
using CloudNativeAi.Contracts.ModelRegistry;
using Google.Protobuf;
using Grpc.Core;

namespace CloudNativeAi.Web.Tests.Fakes;

public sealed class FakeModelRegistry(FlightsWorld world) : ModelRegistry.ModelRegistryBase
{
    private const int Versions = 8;

    private const string Signature = """
        {
          "format_version": 1,
          "inputs": [{ "name": "features", "datatype": "FP64", "shape": [-1, 2] }],
          "outputs": [{ "name": "score", "datatype": "FP64", "shape": [-1, 1] }],
          "feature_service": "flight_delay",
          "definitions_version": 4,
          "entity_keys": [
            { "name": "origin", "type": "string" }, { "name": "dest", "type": "string" },
            { "name": "carrier", "type": "string" }, { "name": "tailnum", "type": "string" }
          ],
          "request_fields": [{ "name": "sched_dep_utc", "type": "timestamp" }, { "name": "distance", "type": "double" }],
          "request_features": [
            { "name": "minute_of_day", "type": "int64", "expression": "minute_of_day(sched_dep_utc, 'America/Los_Angeles')" }
          ],
          "features": [
            { "name": "origin_departures:dep_delay_mean_1h", "origin": "online", "type": "double", "kind": "numeric" },
            { "name": "minute_of_day", "origin": "request", "type": "int64", "kind": "numeric" }
          ],
          "label": "late_arrival",
          "threshold": 0.31,
          "class_labels": ["false", "true"]
        }
        """;

    private const string Evaluation = """
        {
          "format_version": 1,
          "validation": { "rows": 29640, "positives": 6313, "positive_share": 0.213, "mean_score": 0.209, "auc": 0.7316, "auc_low": 0.7241, "auc_high": 0.739, "log_loss": 0.4211, "brier": 0.1432, "precision": 0.48, "recall": 0.55, "f1": 0.51 },
          "threshold": 0.31,
          "baseline_trainer": "logistic_regression",
          "baseline": { "rows": 29640, "positives": 6313, "positive_share": 0.213, "mean_score": 0.21, "auc": 0.7034, "auc_low": 0.6955, "auc_high": 0.7113, "log_loss": 0.4402, "brier": 0.1501, "precision": 0.43, "recall": 0.5, "f1": 0.46 },
          "baseline_auc_difference": 0.0282,
          "baseline_auc_difference_standard_error": 0.0021,
          "calibration": [{ "rows": 14820, "mean_score": 0.11, "positive_share": 0.1 }, { "rows": 14820, "mean_score": 0.31, "positive_share": 0.33 }],
          "slices": [{ "feature": "carrier", "value": "AS", "metrics": { "rows": 9120, "positives": 1203, "positive_share": 0.13, "mean_score": 0.14, "auc": 0.7102, "auc_low": 0.6951, "auc_high": 0.7253, "log_loss": 0.36, "brier": 0.11, "precision": 0.4, "recall": 0.47, "f1": 0.43 } }]
        }
        """;

    public override Task<ModelState> SetTrafficPolicy(SetTrafficPolicyRequest request, ServerCallContext context)
    {
        lock (world.Gate)
        {
            if (request.Reason.Length == 0)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "A reason is required."));
            }

            world.Traffic = request.Traffic.Clone();
            world.Revision++;
            world.Audit.Add(new AuditEntryDocument(
                100 + world.Audit.Count, world.NowMicros, "set_traffic_policy", request.Reason, request.Actor,
                FlightsWorld.Detail(new { challengerShare = request.Traffic.ChallengerShare, shadowChallenger = request.Traffic.ShadowChallenger })));
            return Task.FromResult(FlightDelay());
        }
    }

    public override Task<ListModelsResponse> ListModels(ListModelsRequest request, ServerCallContext context)
    {
        var response = new ListModelsResponse();
        response.Models.Add(FlightDelay());
        response.Models.Add(new ModelState { ModelName = "taxi_time", LatestVersion = 1, VersionCount = 1, Revision = 1, UpdatedMicros = world.Ago(TimeSpan.FromDays(9)), Aliases = { ["champion"] = 1 }, Traffic = new TrafficPolicy() });
        return Task.FromResult(response);
    }

    private ModelState FlightDelay()
    {
        var state = new ModelState
        {
            ModelName = FlightsWorld.Model,
            LatestVersion = Versions,
            VersionCount = Versions,
            UpdatedMicros = world.Ago(TimeSpan.FromMinutes(48)),
        };

        lock (world.Gate)
        {
            state.Aliases.Add(world.Aliases);
            state.Revision = world.Revision;
            state.Traffic = world.Traffic.Clone();
        }

        return state;
    }

    public override Task<ListModelVersionsResponse> ListModelVersions(ListModelVersionsRequest request, ServerCallContext context)
    {
        var response = new ListModelVersionsResponse();
        response.Versions.AddRange(Enumerable.Range(1, Count(request.ModelName)).Reverse()
            .Where(number => request.BeforeVersion == 0 || number < request.BeforeVersion)
            .Select(number => Version(request.ModelName, number)));
        return Task.FromResult(response);
    }

    public override Task<ModelVersion> GetModelVersion(GetModelVersionRequest request, ServerCallContext context)
    {
        var number = request.Version;
        if (request.WhichCase == GetModelVersionRequest.WhichOneofCase.Alias)
        {
            lock (world.Gate)
            {
                number = world.Aliases.GetValueOrDefault(request.Alias);
            }
        }

        return number >= 1 && number <= Count(request.ModelName)
            ? Task.FromResult(Version(request.ModelName, number))
            : throw new RpcException(new Status(StatusCode.NotFound, $"'{request.ModelName}' has no version {number}."));
    }

    public override async Task ReadArtifact(ReadArtifactRequest request, IServerStreamWriter<ArtifactChunk> responseStream, ServerCallContext context)
    {
        var content = request.Path switch
        {
            "signature.json" => Signature,
            "evaluation.json" => Evaluation,
            "model_card.md" => "# flight_delay\n\nWill a flight arrive more than 15 minutes late? <script>alert(1)</script>\n",
            _ => throw new RpcException(new Status(StatusCode.NotFound, $"The version has no file '{request.Path}'.")),
        };
        var bytes = Encoding.UTF8.GetBytes(content);
        await responseStream.WriteAsync(new ArtifactChunk { Data = ByteString.CopyFrom(bytes.AsSpan(0, bytes.Length / 2)) });
        await responseStream.WriteAsync(new ArtifactChunk { Data = ByteString.CopyFrom(bytes.AsSpan(bytes.Length / 2)) });
    }

    public override Task<AliasChange> SetAlias(SetAliasRequest request, ServerCallContext context)
    {
        lock (world.Gate)
        {
            var current = world.Aliases.GetValueOrDefault(request.Alias);
            if (request.HasExpectedVersion && request.ExpectedVersion != current)
            {
                throw new RpcException(new Status(StatusCode.Aborted, $"'{request.Alias}' points at version {current}, not {request.ExpectedVersion}."));
            }

            if (request.Reason.Length == 0)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, "A reason is required."));
            }

            world.Aliases[request.Alias] = request.Version;
            var change = new AliasChange
            {
                Id = 100 + world.History.Count, ModelName = request.ModelName, Alias = request.Alias, FromVersion = current,
                ToVersion = request.Version, Reason = request.Reason, Actor = request.Actor, ChangedMicros = world.NowMicros,
            };
            world.History.Insert(0, change);
            return Task.FromResult(change);
        }
    }

    public override Task<ListAliasHistoryResponse> ListAliasHistory(ListAliasHistoryRequest request, ServerCallContext context)
    {
        var response = new ListAliasHistoryResponse();
        lock (world.Gate)
        {
            response.Changes.AddRange(world.History);
        }

        response.Changes.Add(new AliasChange { Id = 22, ModelName = request.ModelName, Alias = "challenger", FromVersion = 0, ToVersion = 8, Reason = "Retrained on July; watch it beside the champion.", Actor = "training", ChangedMicros = world.Ago(TimeSpan.FromMinutes(48)) });
        response.Changes.Add(new AliasChange { Id = 17, ModelName = request.ModelName, Alias = "champion", FromVersion = 5, ToVersion = 7, Reason = "AUC 0.7298 against 0.7187 on the same 31,204 rows.", Actor = "jana", ChangedMicros = world.Ago(TimeSpan.FromDays(6)) });
        return Task.FromResult(response);
    }

    private static int Count(string model) => model switch
    {
        FlightsWorld.Model => Versions,
        "taxi_time" => 1,
        _ => throw new RpcException(new Status(StatusCode.NotFound, $"No model is called '{model}'.")),
    };

    private ModelVersion Version(string model, int number)
    {
        var version = new ModelVersion
        {
            ModelName = model,
            Version = number,
            Digest = $"{number:x2}7d4c1e9ab07d55aa3b7765d0a1ce09b84d2f0c11e6a7b8c9d0e1f2a3b4c5d6e7",
            RunId = $"run-{number:000}",
            Description = number == Versions ? "Retrained on January to July." : "",
            CreatedMicros = world.Ago(TimeSpan.FromDays((Versions - number) * 3) + TimeSpan.FromHours(1)),
        };
        version.Metrics.Add(new Dictionary<string, double>
        {
            ["auc"] = 0.70 + (number * 0.0042), ["auc_low"] = 0.693 + (number * 0.0042), ["auc_high"] = 0.707 + (number * 0.0042),
            ["log_loss"] = 0.45 - (number * 0.003), ["baseline_auc"] = 0.7034, ["rows"] = 148_203, ["onnx_max_difference"] = 2.2e-16,
        });
        version.Lineage.Add(new Dictionary<string, string>
        {
            ["training_set_digest"] = "51aa0b7de6f09c2d7be18a4c35f6a7e8d9c0b1a2f3e4d5c6b7a8f9e0d1c2b3a4", ["requested_by"] = "monitoring",
            ["reason"] = "PSI of origin_weather:temp is 0.31 (drift from 0.2).", ["trainer"] = "lightgbm", ["feature_service"] = model == FlightsWorld.Model ? "flight_delay" : "taxi_time", ["job_id"] = "0199f3a0-job-000008",
        });
        version.Files.AddRange(
        [
            new ArtifactFile { Path = "model.onnx", Size = 1_834_201, Sha256 = new string('a', 64) },
            new ArtifactFile { Path = "signature.json", Size = Signature.Length, Sha256 = new string('b', 64) },
            new ArtifactFile { Path = "evaluation.json", Size = Evaluation.Length, Sha256 = new string('d', 64) },
            new ArtifactFile { Path = "model_card.md", Size = 94, Sha256 = new string('c', 64) },
        ]);

        lock (world.Gate)
        {
            version.Aliases.AddRange(model == FlightsWorld.Model ? world.Aliases.Where(alias => alias.Value == number).Select(alias => alias.Key) : ["champion"]);
        }

        return version;
    }
}
