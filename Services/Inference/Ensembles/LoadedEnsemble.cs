using System.Collections.Frozen;

namespace CloudNativeAi.Inference.Ensembles;

/// <summary>What is known of a served ensemble.</summary>
/// <param name="ModelNames">Of its steps, and of theirs.</param>
/// <param name="Nesting">Ensembles inside one another: 1 when no step is one.</param>
internal sealed record LoadedEnsemble(EnsembleGraph Graph, FrozenSet<string> ModelNames, int Nesting);
