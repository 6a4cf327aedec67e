using Grpc.Core;

namespace CloudNativeAi.Ingestion.Events;

/// <summary>Why a whole batch was refused; nothing of it was written.</summary>
internal sealed record BatchFault(StatusCode Code, string Message);
