using System.Globalization;

namespace Aspire.Hosting.Kubernetes.Resources;

/// <summary>A number or a name, such as a port; digits are a number.</summary>
public sealed record Int32OrStringV1
{
    public Int32OrStringV1(int value)
    {
        Number = value;
    }

    public Int32OrStringV1(string? value)
    {
        Number = int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        Text = Number is null ? value : null;
    }

    internal int? Number { get; }

    internal string? Text { get; }

    public static implicit operator Int32OrStringV1(int value) => new(value);

    public static implicit operator Int32OrStringV1(string value) => new(value);

    public static explicit operator int(Int32OrStringV1 value) =>
        value.Number ?? throw new InvalidCastException($"'{value.Text}' is not a number.");

    public static explicit operator string(Int32OrStringV1 value) => value.ToString();

    public override string ToString() => Number?.ToString(CultureInfo.InvariantCulture) ?? Text ?? "";
}
