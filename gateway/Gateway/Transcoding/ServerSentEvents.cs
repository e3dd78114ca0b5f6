using System.IO.Pipelines;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.Gateways.Frames;
using Journeys.Gateways.Problems;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Journeys.Gateways.Transcoding;

/// <summary>Sends the messages of a streaming rpc as server-sent events.</summary>
public sealed class ServerSentEvents(HttpContext context, MessageDescriptor type)
{
    // The client's own response; the context has another one while YARP forwards.
    readonly IHttpResponseFeature response = context.Features.GetRequiredFeature<IHttpResponseFeature>();
    readonly PipeWriter body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;

    public bool Started { get; private set; }

    /// <summary>
    /// Starts the response as soon as the service has accepted the call, instead of with the first message.
    /// </summary>
    public static void StartEarly(TransformBuilderContext builder) =>
        builder.AddResponseTransform(async transform =>
        {
            var context = transform.HttpContext;
            if (transform.ProxyResponse is { } answer && !answer.Headers.Contains("grpc-status") && context.Features.Get<ServerSentEvents>() is { } events)
                await events.StartAsync(context.RequestAborted);
        });

    public async Task StartAsync(CancellationToken ct)
    {
        if (Started)
            return;

        Started = true;
        response.Headers.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        // Tells an nginx in front of the gateway not to buffer events.
        response.Headers["X-Accel-Buffering"] = "no";
        await WriteAsync(": connected\n\n"u8.ToArray(), ct);
    }

    public async ValueTask OnFrameAsync(ReadOnlyMemory<byte> frame, CancellationToken ct)
    {
        await StartAsync(ct);
        var message = type.Parser.ParseFrom(frame.Span[GrpcFrame.HeadLength..]);
        using var text = new PooledBuffer();
        if (KindOf(message) is "KEEP_ALIVE")
            Append(text, ": keep-alive");
        else
            AppendEvent(text, KindOf(message), message);
        Append(text, "\n\n");
        await WriteAsync(text.Memory, ct);
    }

    /// <summary>Sends an event that says why the stream ends.</summary>
    public async Task EndAsync(Problem problem, CancellationToken ct)
    {
        using var text = new PooledBuffer();
        Append(text, "event: problem\ndata: ");
        problem.WriteTo(text);
        Append(text, "\n\n");
        await WriteAsync(text.Memory, ct);
    }

    static void AppendEvent(PooledBuffer text, string kind, IMessage message)
    {
        Append(text, $"event: {kind}\ndata: ");
        ProtoJson.Write(message, text);
    }

    // The messages of a stream have their type in an enum field `kind`.
    string KindOf(IMessage message) =>
        type.FindFieldByName("kind") is { FieldType: FieldType.Enum } field
            ? field.EnumType.FindValueByNumber((int)field.Accessor.GetValue(message))?.Name ?? "message"
            : "message";

    async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        await body.WriteAsync(bytes, ct);
        await body.FlushAsync(ct);
    }

    static void Append(PooledBuffer text, string words) =>
        text.Advance(System.Text.Encoding.UTF8.GetBytes(words, text.GetSpan(words.Length * 3)));
}
