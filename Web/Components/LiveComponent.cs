using CloudNativeAi.Web.Live;
using Microsoft.AspNetCore.Components;

namespace CloudNativeAi.Web.Components;

/// <summary>A component that renders again with each snapshot.</summary>
public abstract class LiveComponent : ComponentBase, IDisposable
{
    [Inject] public required LiveView Live { get; set; }

    protected PathSnapshot Snapshot => Live.Snapshot;

    protected DateTimeOffset Now => Live.Now;

    protected override void OnInitialized() => Live.Changed += OnChanged;

    protected virtual void OnSnapshot()
    {
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => Live.Changed -= OnChanged;

    private void OnChanged() => _ = InvokeAsync(() =>
    {
        OnSnapshot();
        StateHasChanged();
    });
}
