using CloudNativeAi.Inference.OpenInference;

namespace CloudNativeAi.Inference.Ensembles;

/// <summary>Asks a model that is a step.</summary>
/// <param name="version">A number or an alias; empty: the champion.</param>
internal delegate ValueTask<InferAnswer> AskModel(string modelName, string version, InferCall call, CancellationToken cancellationToken);

/// <summary>
/// One request through an ensemble. A step runs when the tensors it takes are there, those of one level beside each other;
/// tensors are handed on by reference. Each step is a request to its model: leased, checked, batched and counted as any other.
/// </summary>
internal sealed class EnsembleRun(AskModel ask, string ensembleName, EnsembleGraph graph, InferCall call)
{
    private readonly Tensor[] _tensors = new Tensor[graph.Tensors.Count];
    private readonly Task[] _runs = new Task[graph.Steps.Count];

    /// <param name="inputs">In the order of the graph's inputs, checked.</param>
    /// <param name="outputs">Indexes of the outputs wanted.</param>
    /// <exception cref="InferenceException">A step failed; the others were cancelled.</exception>
    public async Task<Tensor[]> RunAsync(Tensor[] inputs, int[] outputs, CancellationToken cancellationToken)
    {
        if (call.Nesting >= EnsembleCheck.MaxNesting)
        {
            throw new InferenceException(InferenceErrorKind.FailedPrecondition, $"ensemble '{ensembleName}': more than {EnsembleCheck.MaxNesting} ensembles are inside one another");
        }

        inputs.CopyTo(_tensors, 0);
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        for (var step = 0; step < _runs.Length; step++)
        {
            _runs[step] = RunStepAsync(graph.Steps[step], failed);
        }

        await FinishAsync(cancellationToken);
        return [.. outputs.Select(output => _tensors[graph.OutputTensors[output]] with { Name = graph.Outputs[output].Name })];
    }

    // Not before all have ended: they use the request's memory. Of several failures the cause is told, not the cancellations it led to.
    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_runs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        cancellationToken.ThrowIfCancellationRequested();
        var cause = _runs.FirstOrDefault(run => run.IsFaulted) ?? _runs.FirstOrDefault(run => run.IsCanceled);
        if (cause is not null)
        {
            await cause;
        }
    }

    private async Task RunStepAsync(GraphStep step, CancellationTokenSource failed)
    {
        if (step.Producers.Count > 0)
        {
            await Task.WhenAll(step.Producers.Select(producer => _runs[producer]));
        }

        if (graph.Steps.Any(other => other != step && other.Level == step.Level))
        {
            // A model may run on its caller's thread, which the step beside this one is not to wait for.
            await Task.Yield();
        }

        try
        {
            var inputs = step.Inputs.Select(input => _tensors[input.Tensor] with { Name = input.Name }).ToArray();
            var request = new InferCall(inputs, [.. step.Outputs.Select(output => new RequestedOutput(output.Name))], call.Queueing with { IsFollowed = false }, call.Nesting + 1);
            var answer = await ask(step.ModelName, step.Version, request, failed.Token);
            foreach (var ((_, tensor), output) in step.Outputs.Zip(answer.Outputs))
            {
                _tensors[tensor] = output;
            }
        }
        catch (InferenceException exception)
        {
            await failed.CancelAsync();
            // The ensemble is there; it is its step that is not.
            var kind = exception.Kind == InferenceErrorKind.NotFound ? InferenceErrorKind.Unavailable : exception.Kind;
            throw new InferenceException(kind, $"in ensemble '{ensembleName}', {step}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            await failed.CancelAsync();
            throw;
        }
    }
}
