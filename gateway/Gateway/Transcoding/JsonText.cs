using System.Globalization;
using System.Text;
using System.Text.Json;
using Journeys.BuildingBlocks;

namespace Journeys.Gateways.Transcoding;

/// <summary>
/// Reads JSON strings that may contain unpaired surrogates, which the framework's reader refuses to return.
/// </summary>
static class JsonText
{
    /// <summary>Returns the text, or null when it has an unpaired surrogate.</summary>
    public static string? Read(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Returns the text with U+FFFD in place of each unpaired surrogate.</summary>
    public static string ReadMended(ref Utf8JsonReader reader) =>
        Read(ref reader) ?? FreeText.WellFormed(Unescape(Encoding.UTF8.GetString(reader.ValueSpan)));

    // The reader has already validated every escape.
    static string Unescape(string escaped)
    {
        var text = new StringBuilder(escaped.Length);
        for (var index = 0; index < escaped.Length; index++)
        {
            if (escaped[index] != '\\')
            {
                text.Append(escaped[index]);
                continue;
            }

            index++;
            if (escaped[index] == 'u')
            {
                text.Append((char)ushort.Parse(escaped.AsSpan(index + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                index += 4;
                continue;
            }

            text.Append(escaped[index] switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', var same => same });
        }

        return text.ToString();
    }
}
