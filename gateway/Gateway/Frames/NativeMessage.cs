using System.IO.Compression;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Journeys.Gateways.Frames;

/// <summary>
/// Parses the messages of native calls and answers for the audit log. The gateway passes them on unchanged.
/// </summary>
static class NativeMessage
{
    // Requests and answers are never larger.
    const int Largest = 4 * 1024 * 1024;

    /// <returns>The message; null when it is invalid and the service will refuse it.</returns>
    public static IMessage? Read(PooledBuffer frame, IHeaderDictionary headers, MessageDescriptor type) =>
        Read(frame.Memory[GrpcFrame.HeadLength..], frame.Span[0] == 1, headers["grpc-encoding"].ToString(), type);

    /// <returns>The message; null when it is invalid.</returns>
    public static IMessage? Read(GrpcAnswer answer, MessageDescriptor type) =>
        answer.Message is { } message ? Read(message, answer.IsCompressed, answer.Find("grpc-encoding") ?? "", type) : null;

    static IMessage? Read(ReadOnlyMemory<byte> bytes, bool isCompressed, string encoding, MessageDescriptor type)
    {
        try
        {
            return (isCompressed ? Unpack(bytes, encoding, Largest) : bytes) is { Length: <= Largest } plain ? type.Parser.ParseFrom(plain.Span) : null;
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>
    /// Returns whether a compressed message exceeds a size. False for a message that cannot be unpacked, which the
    /// service refuses.
    /// </summary>
    public static bool IsLargerThan(int limit, PooledBuffer frame, IHeaderDictionary headers)
    {
        if (frame.Span[0] != 1)
            return false;

        try
        {
            return Unpack(frame.Memory[GrpcFrame.HeadLength..], headers["grpc-encoding"].ToString(), limit) is { } plain && plain.Length > limit;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <returns>At most one byte more than `most`; null for an unknown encoding.</returns>
    static ReadOnlyMemory<byte>? Unpack(ReadOnlyMemory<byte> bytes, string encoding, int most)
    {
        using var packed = new MemoryStream(bytes.ToArray());
        using Stream? source = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionMode.Decompress),
            "deflate" => new ZLibStream(packed, CompressionMode.Decompress),
            _ => null,
        };
        if (source is null)
            return null;

        var plain = new byte[most + 1];
        return plain.AsMemory(0, source.ReadAtLeast(plain, plain.Length, throwOnEndOfStream: false));
    }
}
