using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace Journeys.Gateways.Frames;

/// <summary>Receives the answer of a service: headers, frames, trailers.</summary>
public sealed class GrpcAnswer : HttpResponseFeature, IHttpResponseBodyFeature, IHttpResponseTrailersFeature, IDisposable
{
    readonly PooledBuffer buffer = new();
    readonly FrameStream stream;
    PipeWriter? writer;

    /// <param name="onFrame">
    /// Called with each complete frame as it arrives, including its head; null to keep the only message for
    /// <see cref="Message"/>.
    /// </param>
    public GrpcAnswer(Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>? onFrame = null) => stream = new FrameStream(buffer, onFrame);

    public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();

    public Stream Stream => stream;

    public PipeWriter Writer => writer ??= PipeWriter.Create(stream);

    /// <summary>The status of the service; null when the answer ended without one.</summary>
    public StatusCode? Status => int.TryParse(Find("grpc-status"), out var code) ? (StatusCode)code : null;

    /// <summary>Whether the message is compressed as `grpc-encoding` says.</summary>
    public bool IsCompressed => buffer.Length > 0 && buffer.Span[0] == 1;

    /// <summary>The message of a unary answer; null when it is missing or incomplete.</summary>
    public ReadOnlyMemory<byte>? Message => FrameStream.First(buffer.Memory);

    /// <summary>Returns a trailer. An answer that is only a refusal has its trailers among the headers.</summary>
    public string? Find(string name) => Trailers.TryGetValue(name, out var value) || Headers.TryGetValue(name, out value) ? value.ToString() : null;

    /// <summary>Passes the answer on unchanged.</summary>
    public async Task CopyToAsync(HttpResponse response, CancellationToken ct)
    {
        response.StatusCode = StatusCode;
        foreach (var (name, value) in Headers)
            response.Headers[name] = value;
        if (buffer.Length > 0)
            await response.Body.WriteAsync(buffer.Memory, ct);
        foreach (var (name, value) in Trailers)
            response.AppendTrailer(name, value);
        await response.CompleteAsync();
    }

    /// <summary>Clears the answer for another attempt.</summary>
    public void Reset()
    {
        StatusCode = StatusCodes.Status200OK;
        Headers.Clear();
        Trailers.Clear();
        buffer.Drop(buffer.Length);
    }

    public void DisableBuffering()
    {
    }

    public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task CompleteAsync() => Task.CompletedTask;

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public void Dispose()
    {
        stream.Dispose();
        buffer.Dispose();
    }

    sealed class FrameStream(PooledBuffer buffer, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask>? onFrame) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public static ReadOnlyMemory<byte>? First(ReadOnlyMemory<byte> bytes)
        {
            if (bytes.Length < GrpcFrame.HeadLength)
                return null;

            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes.Span[1..]);
            // Not in one expression with the result, where null would become empty memory.
            if (bytes.Length - GrpcFrame.HeadLength < length)
                return null;

            return bytes.Slice(GrpcFrame.HeadLength, (int)length);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            buffer.Write(source.Span);
            while (onFrame is not null && First(buffer.Memory) is { } message)
            {
                var length = GrpcFrame.HeadLength + message.Length;
                await onFrame(buffer.Memory[..length], cancellationToken);
                buffer.Drop(length);
            }
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
