using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CloudNativeAi.Inference.Caching;

/// <summary>Answers to tensor requests that are kept, so that the same request need not be run again.</summary>
public sealed class ResponseCacheOptions
{
    public const string Section = "ResponseCache";

    /// <summary>Names of the models whose answers are kept: those that answer the same request alike, and whose runs take longer than a look-up.</summary>
    public IList<string> Models { get; } = [];

    /// <summary>Memory of all kept requests and answers, bytes; the least recently used go first.</summary>
    [Range(1, long.MaxValue)]
    public long MaxBytes { get; set; } = 64L * 1024 * 1024;
}

[OptionsValidator]
internal sealed partial class ResponseCacheOptionsValidator : IValidateOptions<ResponseCacheOptions>;
