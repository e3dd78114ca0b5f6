using System.Text;

namespace Journeys.Gateways.Routing;

/// <summary>Decodes percent-encoded text of paths and queries.</summary>
static class PercentText
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Returns the decoded text; null when a percent sign is not followed by two hex digits, or the bytes are not
    /// UTF-8.
    /// </summary>
    /// <param name="text">The text as the client wrote it.</param>
    /// <param name="plusIsSpace">Whether a plus sign means a space, as in queries.</param>
    public static string? Decode(string text, bool plusIsSpace = false)
    {
        if (plusIsSpace)
            text = text.Replace('+', ' ');
        if (!text.Contains('%'))
            return text;

        var bytes = new byte[Strict.GetMaxByteCount(text.Length)];
        var length = 0;
        for (var index = 0; index < text.Length; index++)
        {
            if (text[index] != '%')
            {
                length += Strict.GetBytes(text, index, char.IsHighSurrogate(text[index]) ? 2 : 1, bytes, length);
                index += char.IsHighSurrogate(text[index]) ? 1 : 0;
                continue;
            }

            if (index + 2 >= text.Length || !char.IsAsciiHexDigit(text[index + 1]) || !char.IsAsciiHexDigit(text[index + 2]))
                return null;
            bytes[length++] = Convert.ToByte(text.Substring(index + 1, 2), 16);
            index += 2;
        }

        try
        {
            return Strict.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
