using System.Buffers.Binary;
using Google.Protobuf;

namespace Journeys.Gateways.Frames;

/// <summary>Writes messages in the wire format of gRPC: a flag, a length, the bytes.</summary>
static class GrpcFrame
{
    /// <summary>The number of bytes before a message.</summary>
    public const int HeadLength = 5;

    const string MediaType = "application/grpc";

    /// <summary>
    /// Returns whether a body of this type contains such messages. gRPC-Web, whose type has the same prefix, is another
    /// protocol.
    /// </summary>
    public static bool IsIn(string? contentType) =>
        contentType?.StartsWith(MediaType, StringComparison.OrdinalIgnoreCase) == true
        && (contentType.Length == MediaType.Length || contentType[MediaType.Length] is '+' or ';' or ' ');

    /// <summary>Returns whether the bytes are exactly one complete frame.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeadLength && bytes[0] is 0 or 1
        && BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]) == (uint)(bytes.Length - HeadLength);

    public static PooledBuffer Of(IMessage message)
    {
        var size = message.CalculateSize();
        var frame = new PooledBuffer(size + 5);
        var span = frame.GetSpan(size + 5);
        span[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(span[1..], (uint)size);
        message.WriteTo(span.Slice(5, size));
        frame.Advance(size + 5);
        return frame;
    }
}
