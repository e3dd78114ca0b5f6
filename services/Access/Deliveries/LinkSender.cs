using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace Journeys.Access.Deliveries;

/// <summary>Sends one link, by the configured mail server or webhook.</summary>
public sealed class LinkSender(IOptions<AccessOptions> options, IHttpClientFactory clients)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public async Task SendAsync(LinkMail mail, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        await (options.Value.Smtp.Host.Length > 0 ? MailAsync(mail, limit.Token) : PostAsync(mail, limit.Token));
    }

    async Task MailAsync(LinkMail mail, CancellationToken ct)
    {
        var settings = options.Value.Smtp;
        using var message = new MimeMessage();
        message.From.Add(MailboxAddress.Parse(settings.From));
        message.To.Add(new MailboxAddress("", mail.Email));
        message.Subject = mail.Subject();
        message.Body = new TextPart("plain") { Text = mail.Body() };

        using var client = new SmtpClient();
        await client.ConnectAsync(settings.Host, settings.Port, settings.Security switch
        {
            SmtpSecurity.Tls => SecureSocketOptions.SslOnConnect,
            SmtpSecurity.None => SecureSocketOptions.None,
            _ => SecureSocketOptions.StartTls,
        }, ct);
        if (settings.User.Length > 0)
            await client.AuthenticateAsync(settings.User, settings.Password, ct);
        await client.SendAsync(message, ct);
        await client.DisconnectAsync(quit: true, ct);
    }

    async Task PostAsync(LinkMail mail, CancellationToken ct)
    {
        var settings = options.Value.Webhook;
        var body = JsonSerializer.SerializeToUtf8Bytes(mail, Json);
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        if (settings.Secret.Length > 0)
        {
            var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(settings.Secret), body);
            request.Headers.Add("X-Journeys-Signature", $"sha256={Convert.ToHexStringLower(signature)}");
        }

        using var client = clients.CreateClient(nameof(LinkSender));
        using var response = await client.SendAsync(request, ct);
        response.EnsureSuccessStatusCode();
    }
}
