using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace CloudNativeAi.Web.Components;

internal static class ElementFocus
{
    /// <summary>Moves the focus, unless the element, the page or the browser is gone by then.</summary>
    public static async Task TryFocusAsync(this ElementReference element, bool preventScroll = false)
    {
        try
        {
            await element.FocusAsync(preventScroll);
        }
        catch (Exception exception) when (exception is JSException or JSDisconnectedException or TaskCanceledException or ObjectDisposedException)
        {
            // Nothing is left to move it to.
        }
    }
}
