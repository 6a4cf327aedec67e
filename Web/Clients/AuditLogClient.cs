using System.Net;
using CloudNativeAi.Contracts.ModelRegistry;

namespace CloudNativeAi.Web.Clients;

/// <summary>The registry's audit log: who changed what of a model, when and why. It is served over HTTP only.</summary>
public sealed class AuditLogClient(HttpClient http)
{
    /// <summary>Entries of a model that are read, the newest.</summary>
    public const int EntriesRead = 200;

    /// <summary>Newest first; empty when the registry does not know the model.</summary>
    /// <exception cref="HttpRequestException">The registry cannot be asked, or refuses.</exception>
    public async Task<IReadOnlyList<AuditEntryDocument>> ListAsync(string model, CancellationToken cancellationToken)
    {
        using var response = await http.GetAsync($"v1/models/{Uri.EscapeDataString(model)}/audit?pageSize={EntriesRead}", cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return [];
        }

        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<IReadOnlyList<AuditEntryDocument>>(cancellationToken) ?? [];
    }
}
