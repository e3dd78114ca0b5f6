using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Journeys.Testing;

/// <summary>A mail server that accepts and keeps every mail.</summary>
public sealed partial class MailSink : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stop = new();
    readonly Task running;

    MailSink()
    {
        listener.Start();
        running = AcceptAsync();
    }

    /// <summary>Starts listening.</summary>
    public static MailSink Start() => new();

    /// <summary>The SMTP port, without TLS.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>The mails, newest last: headers and text, unfolded.</summary>
    public ConcurrentQueue<string> Mails { get; } = new();

    /// <summary>The number of next mails to refuse.</summary>
    public int Refusing { get; set; }

    /// <summary>Returns the token in a mail's link.</summary>
    public static string TokenIn(string mail) => Token().Match(mail).Value;

    /// <summary>Stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Stop();
        await running;
        stop.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                using var client = await listener.AcceptTcpClientAsync(stop.Token);
                await TalkAsync(client.GetStream());
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    async Task TalkAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 sink");
        while (await reader.ReadLineAsync(stop.Token) is { } line)
        {
            if (line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase))
                break;
            if (!line.StartsWith("DATA", StringComparison.OrdinalIgnoreCase))
            {
                await writer.WriteLineAsync("250 ok");
                continue;
            }

            await writer.WriteLineAsync("354 go on");
            await writer.WriteLineAsync(await KeepAsync(reader) ? "250 kept" : "451 not now");
        }
    }

    async Task<bool> KeepAsync(StreamReader reader)
    {
        var mail = new StringBuilder();
        while (await reader.ReadLineAsync(stop.Token) is { } line && line != ".")
            mail.Append(line).Append('\n');
        if (Refusing > 0)
        {
            Refusing--;
            return false;
        }

        Mails.Enqueue(mail.ToString().Replace("=\n", "", StringComparison.Ordinal));
        return true;
    }

    [GeneratedRegex("(iv|pr)_[0-9A-Za-z]{43}")]
    private static partial Regex Token();
}
