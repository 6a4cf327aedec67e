using MudBlazor;

namespace CloudNativeAi.Web.Theme;

/// <summary>
/// MudBlazor's theme in our tokens. What paints is wwwroot/app.css, which pins MudBlazor's variables to the tokens of
/// the theme in force; the palettes here feed the shades that MudBlazor computes, and a test holds both to the same values.
/// </summary>
public static class AppTheme
{
    private static readonly string[] Fonts = ["Inter", "Segoe UI", "system-ui", "-apple-system", "Roboto", "Helvetica Neue", "sans-serif"];

    public static MudTheme Create() => new()
    {
        PaletteLight = new PaletteLight
        {
            Background = "#f6f7f9",
            Surface = "#ffffff",
            AppbarBackground = "#ffffff",
            AppbarText = "#16191f",
            DrawerBackground = "#ffffff",
            DrawerText = "#16191f",
            DrawerIcon = "#4d5562",
            TextPrimary = "#16191f",
            TextSecondary = "#4d5562",
            ActionDefault = "#4d5562",
            Primary = "#0b5fcc",
            PrimaryContrastText = "#ffffff",
            Secondary = "#4d5562",
            Success = "#107a4b",
            Warning = "#8f5a00",
            Error = "#c02626",
            Info = "#0b5fcc",
            LinesDefault = "#d5dae2",
            LinesInputs = "#828b99",
            Divider = "#d5dae2",
            TableLines = "#d5dae2",
        },
        PaletteDark = new PaletteDark
        {
            Background = "#0f1216",
            Surface = "#171b21",
            AppbarBackground = "#171b21",
            AppbarText = "#e8ebf0",
            DrawerBackground = "#171b21",
            DrawerText = "#e8ebf0",
            DrawerIcon = "#a4adba",
            TextPrimary = "#e8ebf0",
            TextSecondary = "#a4adba",
            ActionDefault = "#a4adba",
            Primary = "#6cb0ff",
            PrimaryContrastText = "#0f1216",
            Secondary = "#a4adba",
            Success = "#4cc38a",
            Warning = "#e8a63b",
            Error = "#ff7b7b",
            Info = "#6cb0ff",
            LinesDefault = "#303844",
            LinesInputs = "#6b7686",
            Divider = "#303844",
            TableLines = "#303844",
        },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "6px" },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Fonts, FontSize = "14px", LineHeight = "20px", FontWeight = "400", LetterSpacing = "normal" },
            Body1 = new Body1Typography { FontFamily = Fonts, FontSize = "14px", LineHeight = "20px", LetterSpacing = "normal" },
            Body2 = new Body2Typography { FontFamily = Fonts, FontSize = "13px", LineHeight = "20px", LetterSpacing = "normal" },
            H6 = new H6Typography { FontFamily = Fonts, FontSize = "16px", LineHeight = "24px", FontWeight = "600", LetterSpacing = "normal" },
            Subtitle1 = new Subtitle1Typography { FontFamily = Fonts, FontSize = "14px", LineHeight = "20px", LetterSpacing = "normal" },
            Subtitle2 = new Subtitle2Typography { FontFamily = Fonts, FontSize = "14px", LineHeight = "20px", FontWeight = "600", LetterSpacing = "normal" },
            Button = new ButtonTypography { FontFamily = Fonts, FontSize = "14px", LineHeight = "20px", FontWeight = "600", TextTransform = "none", LetterSpacing = "normal" },
            Caption = new CaptionTypography { FontFamily = Fonts, FontSize = "12px", LineHeight = "16px", LetterSpacing = "normal" },
        },
    };
}
