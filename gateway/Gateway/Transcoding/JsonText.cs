using System.Globalization;
using System.Text;
using System.Text.Json;
using Journeys.BuildingBlocks;

namespace Journeys.Gateways.Transcoding;

/// <summary>Strings of JSON that may hold half of a surrogate pair, which the framework's reader refuses to give out.</summary>
static class JsonText
{
    /// <summary>The text, or null when it has half of a pair.</summary>
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

    /// <summary>The text with U+FFFD for each half of a pair.</summary>
    public static string ReadMended(ref Utf8JsonReader reader) =>
        Read(ref reader) ?? FreeText.WellFormed(Unescape(Encoding.UTF8.GetString(reader.ValueSpan)));

    // The reader has seen to it that every escape is one.
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
