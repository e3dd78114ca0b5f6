using System.Buffers;
using System.Text;
using Google.Protobuf;
using Journeys.BuildingBlocks.Requests;
using Journeys.Gateways.Frames;

namespace Journeys.Gateways.Transcoding;

/// <summary>
/// Writes messages as the public JSON: values of every field, enums by name, absent messages left out.
/// </summary>
static class ProtoJson
{
    static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(true));

    [ThreadStatic]
    static StringBuilder? builder;

    /// <summary>Writes a message as UTF-8.</summary>
    public static void Write(IMessage message, PooledBuffer target)
    {
        var text = builder ??= new StringBuilder(1024);
        try
        {
            Format(message, text);
        }
        catch (InvalidOperationException)
        {
            // Data that was stored before its shape was checked, such as a property without a name, must not fail the
            // whole list.
            RequestShape.Of(message.Descriptor).Find(message, mends: true);
            Format(message, text);
        }

        // Encoded in one piece, because a surrogate pair may span two chunks.
        var chars = ArrayPool<char>.Shared.Rent(text.Length);
        text.CopyTo(0, chars, text.Length);
        target.Advance(Encoding.UTF8.GetBytes(chars.AsSpan(0, text.Length), target.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
        ArrayPool<char>.Shared.Return(chars);

        // Releases the buffer, so that one huge answer does not hold its memory forever.
        if (text.Capacity > 1024 * 1024)
            builder = null;
    }

    static void Format(IMessage message, StringBuilder text)
    {
        text.Clear();
        using var writer = new StringWriter(text);
        Formatter.Format(message, writer);
    }
}
