using System.Text.RegularExpressions;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using OtpNet;

namespace Journeys.Gateways.Tests;

/// <summary>Two-factor authentication: the codes of an authenticator app, and recovery codes.</summary>
public sealed class TwoFactorTests : IAsyncLifetime
{
    const string Email = "ada@example.com";
    const string Password = "a long and odd password";

    GatewayUnderTest gateway = null!;
    Reply session = null!;
    byte[] secret = [];

    public async Task InitializeAsync()
    {
        gateway = await GatewayUnderTest.StartAsync();
        session = await gateway.JoinAsync(Email, "VIEWER", Password);
    }

    public async Task DisposeAsync() => await gateway.DisposeAsync();

    [Fact]
    public async Task Signing_in_takes_a_code_once_the_app_has_shown_one()
    {
        var created = await CallAsync("authenticator", new { password = Password });
        var before = await SignInAsync(code: null);
        var confirmed = await TurnOnAsync();
        var without = await SignInAsync(code: null);
        var wrong = await SignInAsync(Code(offset: 10));
        var withCode = await SignInAsync(Code(offset: 1));

        Assert.Matches($"^otpauth://totp/Journeys:ada%40example.com\\?secret={created["secret"]}&issuer=Journeys", created["uri"]);
        Assert.Equal(200, before.Status);
        Assert.Equal("False", before["twoFactor"]);
        Assert.Equal(10, confirmed.Json.GetProperty("recoveryCodes").GetArrayLength());
        Assert.Equal((400, "CODE_NEEDED"), (without.Status, without.Reason));
        Assert.Equal((400, "code"), (wrong.Status, wrong.BlamedFields.Single()));
        Assert.Equal((200, "True"), (withCode.Status, withCode["twoFactor"]));
    }

    [Fact]
    public async Task Turning_it_on_ends_the_other_sessions_and_keeps_this_one()
    {
        var other = await SignInAsync(code: null);
        await TurnOnAsync();

        Assert.Equal(401, (await gateway.CallAsync("GET", "/api/session", key: null, headers: other.Bearer())).Status);
        var kept = await gateway.CallAsync("GET", "/api/session", key: null, headers: session.Bearer());
        Assert.Equal((200, "True"), (kept.Status, kept["twoFactor"]));
    }

    [Fact]
    public async Task No_code_works_twice_and_none_from_before_it()
    {
        await TurnOnAsync();
        var (older, code) = (Code(offset: 0), Code(offset: 1));

        var first = await SignInAsync(code);
        var again = await SignInAsync(code);
        var late = await SignInAsync(older);

        Assert.Equal((200, 400, 400), (first.Status, again.Status, late.Status));
        Assert.Equal("code", again.BlamedFields.Single());
    }

    [Fact]
    public async Task Of_many_tries_at_once_with_one_code_one_signs_in()
    {
        await TurnOnAsync();
        var code = Code(offset: 1);

        var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SignInAsync(code)));

        Assert.Single(replies, reply => reply.Status == 200);
    }

    [Fact]
    public async Task A_recovery_code_works_once_however_it_is_typed()
    {
        var codes = (await TurnOnAsync()).Json.GetProperty("recoveryCodes").EnumerateArray().Select(code => code.GetString()!).ToArray();

        var first = await SignInAsync($" {codes[0].ToUpperInvariant().Replace("-", " ", StringComparison.Ordinal)} ");
        var again = await SignInAsync(codes[0]);
        var next = await SignInAsync(codes[1]);

        Assert.Equal((200, 400, 200), (first.Status, again.Status, next.Status));
        Assert.Equal(10, codes.Distinct().Count());
        Assert.DoesNotContain(codes[2], await DumpAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guessing_codes_is_slowed_down_for_the_account_from_every_address()
    {
        await TurnOnAsync();
        await ExecuteAsync("update access.authenticator set failures = 20, tried_at = now()");

        var guess = await SignInAsync("000000");
        var right = await SignInAsync(Code(offset: 1));

        Assert.Equal((429, "TOO_MANY_TRIES"), (guess.Status, guess.Reason));
        Assert.Equal((429, "TOO_MANY_TRIES"), (right.Status, right.Reason));
        Assert.InRange(int.Parse(guess.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 600, 900);
    }

    [Fact]
    public async Task Wrong_codes_count_and_a_right_one_forgets_them()
    {
        await TurnOnAsync();
        await SignInAsync("000000");
        await SignInAsync("nonsense");

        var counted = await FailuresAsync();
        var right = await SignInAsync(Code(offset: 1));

        Assert.Equal((2, 200, 0), (counted, right.Status, await FailuresAsync()));
    }

    [Fact]
    public async Task A_session_alone_turns_nothing_on_or_off()
    {
        var noPassword = await CallAsync("authenticator", new { password = "guess" });
        await TurnOnAsync();
        var offWithoutPassword = await CallAsync("authenticator/delete", new { password = "guess", code = Code(offset: 1) });
        var offWithoutCode = await CallAsync("authenticator/delete", new { password = Password });
        var offWithWrongCode = await CallAsync("authenticator/delete", new { password = Password, code = "000000" });
        var another = await CallAsync("authenticator", new { password = Password });
        var confirmedAgain = await CallAsync("authenticator/confirm", new { code = Code(offset: 1) });
        var byKey = await gateway.CallAsync("POST", "/api/account/authenticator", new { password = Password });

        Assert.Equal((400, "password"), (noPassword.Status, noPassword.BlamedFields.Single()));
        Assert.Equal((400, "password"), (offWithoutPassword.Status, offWithoutPassword.BlamedFields.Single()));
        Assert.Equal((400, "CODE_NEEDED"), (offWithoutCode.Status, offWithoutCode.Reason));
        Assert.Equal((400, "code"), (offWithWrongCode.Status, offWithWrongCode.BlamedFields.Single()));
        Assert.Equal((400, "AUTHENTICATOR_EXISTS"), (another.Status, another.Reason));
        Assert.Equal((400, "AUTHENTICATOR_EXISTS"), (confirmedAgain.Status, confirmedAgain.Reason));
        Assert.Equal((403, "NOT_ALLOWED"), (byKey.Status, byKey.Reason));
        Assert.Equal("CODE_NEEDED", (await SignInAsync(code: null)).Reason);
    }

    [Fact]
    public async Task It_is_turned_off_with_password_and_code_and_set_up_anew()
    {
        await TurnOnAsync();

        var off = await CallAsync("authenticator/delete", new { password = Password, code = Code(offset: 1) });
        var repeated = await CallAsync("authenticator/delete", new { password = Password, code = "" });
        var withoutCode = await SignInAsync(code: null);
        var anew = await TurnOnAsync();

        Assert.Equal((200, 200, 200, 200), (off.Status, repeated.Status, withoutCode.Status, anew.Status));
        var log = await gateway.CallAsync("GET", "/api/audit");
        Assert.Equal(
            ["ConfirmAuthenticator", "ConfirmAuthenticator", "CreateAuthenticator", "CreateAuthenticator", "DeleteAuthenticator"],
            Regex.Matches(log.Text, "[A-Za-z]+Authenticator").Select(match => match.Value).Order());
    }

    [Fact]
    public async Task A_wrong_code_confirms_nothing()
    {
        var early = await CallAsync("authenticator/confirm", new { code = "123456" });
        await CreateAsync();
        var wrong = await CallAsync("authenticator/confirm", new { code = Code(offset: 10) });

        Assert.Equal((400, "NO_AUTHENTICATOR"), (early.Status, early.Reason));
        Assert.Equal((400, "code"), (wrong.Status, wrong.BlamedFields.Single()));
        Assert.Equal(200, (await SignInAsync(code: null)).Status);
    }

    [Fact]
    public async Task Guesses_at_a_code_that_confirms_are_slowed_down_until_the_password_asks_for_another_secret()
    {
        await CreateAsync();
        await CallAsync("authenticator/confirm", new { code = Code(offset: 10) });
        var counted = await FailuresAsync();
        await ExecuteAsync("update access.authenticator set failures = 20, tried_at = now()");

        var right = await CallAsync("authenticator/confirm", new { code = Code(offset: 0) });
        var anew = await TurnOnAsync();

        Assert.Equal(1, counted);
        Assert.Equal((429, "TOO_MANY_TRIES"), (right.Status, right.Reason));
        Assert.Equal((200, 0), (anew.Status, await FailuresAsync()));
    }

    [Fact]
    public async Task A_secret_that_nobody_confirms_ends_after_an_hour()
    {
        await CreateAsync();
        await ExecuteAsync("update access.authenticator set created_at = now() - interval '61 minutes'");

        var late = await CallAsync("authenticator/confirm", new { code = Code(offset: 0) });

        Assert.Equal((400, "NO_AUTHENTICATOR"), (late.Status, late.Reason));
        Assert.Equal(200, (await TurnOnAsync()).Status);
    }

    [Fact]
    public async Task The_operator_helps_who_has_lost_the_app()
    {
        await TurnOnAsync();

        await using var program = GatewayApp.Create(gateway.Settings);
        var command = program.Services.GetRequiredService<RemoveAuthenticatorCommand>();
        var helped = await command.RunAsync("ADA@example.com");
        var nothingLeft = await command.RunAsync(Email);

        Assert.Equal((0, 1), (helped, nothingLeft));
        Assert.Equal(200, (await SignInAsync(code: null)).Status);
    }

    async Task<Reply> CreateAsync()
    {
        var created = await CallAsync("authenticator", new { password = Password });
        Assert.Equal((200, ""), (created.Status, created.Reason));
        secret = Base32Encoding.ToBytes(created["secret"]);
        return created;
    }

    async Task<Reply> TurnOnAsync()
    {
        await CreateAsync();
        var confirmed = await CallAsync("authenticator/confirm", new { code = Code(offset: 0) });
        Assert.Equal((200, ""), (confirmed.Status, confirmed.Reason));
        return confirmed;
    }

    // Codes of 30 seconds before and after are good, too; so a test has several, however slow the machine.
    string Code(int offset) => new Totp(secret).ComputeTotp(DateTime.UtcNow.AddSeconds(30 * offset));

    Task<Reply> CallAsync(string path, object body) => gateway.CallAsync("POST", $"/api/account/{path}", body, null, session.Bearer());

    Task<Reply> SignInAsync(string? code) => gateway.CallAsync("POST", "/api/session", new { email = Email, password = Password, code = code ?? "" }, key: null);

    async Task ExecuteAsync(string sql)
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    async Task<int> FailuresAsync()
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>("select failures from access.authenticator");
    }

    async Task<string> DumpAsync()
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        return string.Join('\n', await connection.QueryAsync<string>("select row_to_json(code)::text from access.recovery_code code"));
    }
}
