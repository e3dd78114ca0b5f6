using System.Buffers;

namespace Journeys.Gateways.Frames;

/// <summary>A growing buffer from the shared array pool.</summary>
public sealed class PooledBuffer(int capacity = 1024) : IBufferWriter<byte>, IDisposable
{
    byte[] bytes = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Memory => bytes.AsMemory(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Removes the first bytes.</summary>
    public void Drop(int count)
    {
        bytes.AsSpan(count, Length - count).CopyTo(bytes);
        Length -= count;
    }

    /// <summary>Returns the bytes as a stream for a request.</summary>
    public MemoryStream AsStream() => new(bytes, 0, Length, writable: false, publiclyVisible: true);

    /// <summary>Returns a new stream of the same bytes, from the beginning.</summary>
    public static MemoryStream Again(MemoryStream stream) => new(stream.GetBuffer(), 0, (int)stream.Length, writable: false, publiclyVisible: true);

    public void Dispose()
    {
        var borrowed = bytes;
        bytes = [];
        Length = 0;
        if (borrowed.Length > 0)
            ArrayPool<byte>.Shared.Return(borrowed);
    }

    void Reserve(int more)
    {
        if (bytes.Length - Length >= more)
            return;

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(bytes.Length * 2, Length + more));
        Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(bytes);
        bytes = larger;
    }
}
