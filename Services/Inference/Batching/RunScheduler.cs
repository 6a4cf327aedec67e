namespace CloudNativeAi.Inference.Batching;

/// <summary>When a run that several requests may share begins.</summary>
internal class RunScheduler
{
    public static readonly RunScheduler ThreadPool = new();

    /// <summary>
    /// More requests are about to come: the thread pool has work waiting. On a busy server that is mostly requests that were
    /// read together with this one.
    /// </summary>
    public virtual bool OthersArrive => System.Threading.ThreadPool.PendingWorkItemCount > 0;

    /// <summary>Behind what the thread pool has already, so that requests that were read together come into the queue first.</summary>
    public virtual void Start(IThreadPoolWorkItem run) => System.Threading.ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
}
