using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Dapper;
using Journeys.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Journeys.Gateways.Tests;

/// <summary>The own password: changed with the old one, or reset by a link that only the owner gets.</summary>
public sealed class PasswordTests : IAsyncLifetime
{
    const string Old = "a long and odd password";
    const string New = "another quite odd one";

    MailSink mails = null!;
    GatewayUnderTest gateway = null!;

    public async Task InitializeAsync()
    {
        mails = MailSink.Start();
        gateway = await GatewayUnderTest.StartAsync(
            "--Access:PublicUrl=https://journeys.example.com/", "--Access:Smtp:Host=127.0.0.1", $"--Access:Smtp:Port={mails.Port}",
            "--Access:Smtp:Security=None", "--Access:Smtp:From=Journeys <no-reply@example.com>");
    }

    public async Task DisposeAsync()
    {
        await gateway.DisposeAsync();
        await mails.DisposeAsync();
    }

    [Fact]
    public async Task An_invitation_is_mailed_and_not_shown()
    {
        var invited = await gateway.CallAsync("POST", await MembersAsync(), new { email = "ada@example.com", role = "EDITOR" });
        var mail = await NextMailAsync(1);
        var listed = await gateway.CallAsync("GET", await MembersAsync());
        var accepted = await AcceptAsync(mail);

        Assert.Equal("", invited["invitationLink"]);
        Assert.Contains("To: ada@example.com", mail, StringComparison.Ordinal);
        Assert.Contains("https://journeys.example.com/invitation#iv_", mail, StringComparison.Ordinal);
        Assert.Contains("deliverTime", listed.Text, StringComparison.Ordinal);
        Assert.Equal(200, accepted.Status);
    }

    [Fact]
    public async Task A_mail_that_is_not_taken_is_sent_again_and_none_is_kept_in_clear()
    {
        mails.Refusing = 1;
        await gateway.CallAsync("POST", await MembersAsync(), new { email = "ada@example.com", role = "EDITOR" });
        await Eventually.Equal(1, () => CountAsync("access.delivery where failures = 1"), "mails that failed once");
        await ExecuteAsync("update access.delivery set next_try_at = now()");

        await gateway.Services.GetRequiredService<DeliverLinks>().RunOnceAsync(default);

        Assert.Equal(200, (await AcceptAsync(await NextMailAsync(1))).Status);
        Assert.Equal(0, await CountAsync("access.delivery"));
    }

    [Fact]
    public async Task A_password_is_changed_with_the_old_one_and_ends_the_other_sessions()
    {
        var session = await OwnerAsync();
        var other = await gateway.SignInAsync("owner@example.com", Old);

        var wrong = await gateway.CallAsync("POST", "/api/account/password", new { oldPassword = "not it", newPassword = New }, null, session.Bearer());
        var weak = await gateway.CallAsync("POST", "/api/account/password", new { oldPassword = Old, newPassword = "password1234" }, null, session.Bearer());
        var byKey = await gateway.CallAsync("POST", "/api/account/password", new { oldPassword = Old, newPassword = New });
        var changed = await gateway.CallAsync("POST", "/api/account/password", new { oldPassword = Old, newPassword = New }, null, session.Bearer());
        var kept = await gateway.CallAsync("GET", "/api/session", key: null, headers: session.Bearer());
        var ended = await gateway.CallAsync("GET", "/api/session", key: null, headers: other.Bearer());

        Assert.Equal((400, "oldPassword"), (wrong.Status, wrong.BlamedFields.Single()));
        Assert.Equal((400, "newPassword"), (weak.Status, weak.BlamedFields.Single()));
        Assert.Equal((403, "NOT_ALLOWED"), (byKey.Status, byKey.Reason));
        Assert.Equal((200, 200, 401), (changed.Status, kept.Status, ended.Status));
        Assert.Equal(200, (await gateway.SignInAsync("owner@example.com", New)).Status);
    }

    [Fact]
    public async Task Guessing_the_old_password_is_slowed_down_like_signing_in()
    {
        var session = await OwnerAsync();

        // Waits double, so that soon one is longer than the slowest machine takes for a try.
        Reply reply;
        var tries = 0;
        do
            reply = await gateway.CallAsync("POST", "/api/account/password", new { oldPassword = $"guess {tries++}", newPassword = New }, null, session.Bearer());
        while (reply.Status == 400 && tries < 20);

        Assert.Equal((429, "TOO_MANY_TRIES"), (reply.Status, reply.Reason));
        Assert.True(tries > 5);
        Assert.NotNull(reply.Header("Retry-After"));
    }

    [Fact]
    public async Task A_forgotten_password_is_reset_by_a_mailed_link_that_works_once()
    {
        var session = await OwnerAsync();

        var asked = await gateway.CallAsync("POST", "/api/password-resets", new { email = "Owner@example.com" }, key: null);
        var mail = await NextMailAsync(2);
        var token = MailSink.TokenIn(mail);
        var weak = await gateway.CallAsync("POST", "/api/password-resets/complete", new { token, password = "owner@example.com" }, key: null);
        var reset = await gateway.CallAsync("POST", "/api/password-resets/complete", new { token, password = New }, key: null);
        var again = await gateway.CallAsync("POST", "/api/password-resets/complete", new { token, password = Old }, key: null);
        var ended = await gateway.CallAsync("GET", "/api/session", key: null, headers: session.Bearer());

        Assert.Equal(200, asked.Status);
        Assert.Contains("https://journeys.example.com/reset-password#pr_", mail, StringComparison.Ordinal);
        Assert.Equal((400, "password"), (weak.Status, weak.BlamedFields.Single()));
        Assert.Equal((200, 401), (reset.Status, ended.Status));
        Assert.Equal((400, "LINK_NOT_VALID"), (again.Status, again.Reason));
        Assert.Equal(200, (await gateway.SignInAsync("owner@example.com", New)).Status);
    }

    [Fact]
    public async Task Asking_for_a_reset_tells_nothing_and_mails_strangers_nothing()
    {
        await OwnerAsync();

        var known = await gateway.CallAsync("POST", "/api/password-resets", new { email = "owner@example.com" }, key: null);
        var unknown = await gateway.CallAsync("POST", "/api/password-resets", new { email = "nobody@example.com" }, key: null);
        var often = await gateway.CallAsync("POST", "/api/password-resets", new { email = "owner@example.com" }, key: null);
        await Eventually.Equal(0, () => CountAsync("access.delivery"), "links to deliver");

        Assert.All([known, unknown, often], reply => Assert.Equal((200, "{}"), (reply.Status, reply.Text.Replace(" ", "", StringComparison.Ordinal))));
        // The invitation, and one link however often it is asked for.
        Assert.Equal(2, mails.Mails.Count);
        Assert.DoesNotContain(mails.Mails, mail => mail.Contains("nobody@", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_squatters_password_and_sessions_end_when_the_owner_of_the_address_resets_it()
    {
        await ExecuteAsync(
            $"""
            insert into access.member (member_id, email, password_hash) values ('{Guid.CreateVersion7()}', 'cfo@example.com', '{Passwords.Hash(Old)}')
            """);
        var squatter = await gateway.SignInAsync("cfo@example.com", Old);

        await gateway.CallAsync("POST", "/api/password-resets", new { email = "cfo@example.com" }, key: null);
        var token = MailSink.TokenIn(await NextMailAsync(1));
        await gateway.CallAsync("POST", "/api/password-resets/complete", new { token, password = New }, key: null);
        var after = await gateway.CallAsync("GET", "/api/session", key: null, headers: squatter.Bearer());
        var guess = await gateway.CallAsync("POST", "/api/session", new { email = "cfo@example.com", password = Old }, key: null);

        Assert.Equal((401, 401), (after.Status, guess.Status));
        Assert.Equal(1, await CountAsync("access.member where email = 'cfo@example.com' and email_proven_at is not null"));
    }

    [Fact]
    public async Task A_webhook_gets_links_signed()
    {
        var posts = new System.Collections.Concurrent.ConcurrentQueue<(string Body, string Signature)>();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var hook = builder.Build();
        hook.MapPost("/links", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            posts.Enqueue((await reader.ReadToEndAsync(), request.Headers["X-Journeys-Signature"].ToString()));
        });
        await hook.StartAsync();
        await using var posting = await GatewayUnderTest.StartAsync(
            "--Access:PublicUrl=https://journeys.example.com", $"--Access:Webhook:Url={hook.Urls.First()}/links", "--Access:Webhook:Secret=shared");

        await posting.CallAsync("POST", $"/api/sites/{await posting.SiteIdAsync()}/members", new { email = "ada@example.com", role = "EDITOR" });
        await Eventually.Equal(1, () => Task.FromResult(posts.Count), "posts");

        var (body, signature) = posts.Single();
        var post = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal($"sha256={Convert.ToHexStringLower(HMACSHA256.HashData("shared"u8, Encoding.UTF8.GetBytes(body)))}", signature);
        Assert.Equal(("INVITATION", "ada@example.com", "First", "EDITOR"), (Text("kind"), Text("email"), Text("siteName"), Text("role")));
        Assert.StartsWith("https://journeys.example.com/invitation#iv_", Text("link"), StringComparison.Ordinal);
        string? Text(string name) => post.GetProperty(name).GetString();
    }

    [Fact]
    public async Task Without_delivery_the_operator_makes_the_link()
    {
        await using var plain = await GatewayUnderTest.StartAsync();

        var asked = await plain.CallAsync("POST", "/api/password-resets", new { email = GatewayUnderTest.AdminEmail }, key: null);
        var options = await plain.CallAsync("GET", "/api/sign-in-options", key: null);
        var (code, output) = await RunCommandAsync(plain, "ADMIN@example.com");
        var (unknown, _) = await RunCommandAsync(plain, "nobody@example.com");
        var reset = await plain.CallAsync("POST", "/api/password-resets/complete", new { token = MailSink.TokenIn(output), password = New }, key: null);

        Assert.Equal((400, "LINKS_NOT_DELIVERED"), (asked.Status, asked.Reason));
        Assert.Equal(("True", "False"), (options["password"], options["passwordReset"]));
        Assert.Equal((0, 1, 200), (code, unknown, reset.Status));
        Assert.Equal(200, (await plain.SignInAsync(password: New)).Status);
    }

    static async Task<(int Code, string Output)> RunCommandAsync(GatewayUnderTest gateway, string email)
    {
        await using var output = new StringWriter();
        await using var program = GatewayApp.Create(gateway.Settings);
        var code = await program.Services.GetRequiredService<ResetCommand>().RunAsync(email, output);
        return (code, output.ToString());
    }

    async Task<Reply> OwnerAsync()
    {
        await gateway.CallAsync("POST", await MembersAsync(), new { email = "owner@example.com", role = "VIEWER" });
        var accepted = await AcceptAsync(await NextMailAsync(1));
        Assert.Equal(200, accepted.Status);
        return accepted;
    }

    Task<Reply> AcceptAsync(string mail) =>
        gateway.CallAsync("POST", "/api/invitations/accept", new { token = MailSink.TokenIn(mail), name = "Ada", password = Old }, key: null);

    async Task<string> NextMailAsync(int number)
    {
        await Eventually.True(() => Task.FromResult(mails.Mails.Count >= number), $"mail {number}");
        // The link works once the transaction that sent it is committed.
        await Eventually.Equal(0, () => CountAsync("access.delivery"), "links to deliver");
        return mails.Mails.ElementAt(number - 1);
    }

    async Task<string> MembersAsync() => $"/api/sites/{await gateway.SiteIdAsync()}/members";

    async Task<long> CountAsync(string rows)
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>($"select count(*) from {rows}");
    }

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }
}
