namespace Aspire.Hosting.ApplicationModel;

internal static class ModelName
{
    private const int MaxLength = 64;

    /// <summary>Names become host names, variables and Kubernetes objects, hence the narrow alphabet.</summary>
    public static void Validate(string kind, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);

        var problem = name switch
        {
            { Length: > MaxLength } => $"must be at most {MaxLength} characters long",
            _ when !char.IsAsciiLetter(name[0]) => "must start with an ASCII letter",
            _ when name.Any(character => !char.IsAsciiLetterOrDigit(character) && character != '-') => "must contain only ASCII letters, digits and hyphens",
            _ when name.Contains("--", StringComparison.Ordinal) => "cannot contain consecutive hyphens",
            _ when name.EndsWith('-') => "cannot end with a hyphen",
            _ => null,
        };

        if (problem is not null)
        {
            throw new ArgumentException($"{kind} name '{name}' is invalid. Name {problem}.", nameof(name));
        }
    }
}
