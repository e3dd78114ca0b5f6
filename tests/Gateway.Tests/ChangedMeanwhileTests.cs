using Dapper;
using Journeys.Testing;
using Npgsql;

namespace Journeys.Gateways.Tests;

/// <summary>A call that was under way while the owner changed the account does not get past the change.</summary>
public sealed class ChangedMeanwhileTests : IAsyncLifetime
{
    const string Email = "ada@example.com";
    const string Password = "a long and odd password";
    const string Another = "another quite odd one";

    GatewayUnderTest gateway = null!;
    Reply session = null!;

    Guid MemberId => session.Json.GetProperty("member").GetProperty("id").GetGuid();

    public async Task InitializeAsync()
    {
        gateway = await GatewayUnderTest.StartAsync();
        session = await gateway.JoinAsync(Email, "VIEWER", Password);
    }

    public async Task DisposeAsync() => await gateway.DisposeAsync();

    [Fact]
    public async Task A_sign_in_with_the_old_password_begins_no_session_once_there_is_a_new_one()
    {
        var reply = await MeanwhileAsync(SignInAsync, SetPasswordAsync);

        Assert.Equal((401, "NOT_SIGNED_IN"), (reply.Status, reply.Reason));
        Assert.Equal(0, await CountAsync("access.session"));
        Assert.Equal(1, await CountAsync("access.audit where action = 'CreateSession' and outcome = 'FAILED'"));
    }

    [Fact]
    public async Task A_sign_in_without_a_code_begins_no_session_once_a_code_is_needed()
    {
        var reply = await MeanwhileAsync(SignInAsync, TurnOnAsync);

        Assert.Equal((400, "CODE_NEEDED"), (reply.Status, reply.Reason));
        Assert.Equal(0, await CountAsync("access.session"));
    }

    [Fact]
    public async Task A_change_from_the_old_password_does_not_undo_a_newer_one()
    {
        var change = new { oldPassword = Password, newPassword = "what an intruder would like" };

        var reply = await MeanwhileAsync(() => CallAsync("password", change), SetPasswordAsync);

        Assert.Equal((400, "oldPassword"), (reply.Status, reply.BlamedFields.Single()));
        Assert.Equal(200, (await SignInAsync(Another)).Status);
    }

    [Fact]
    public async Task An_authenticator_that_was_just_confirmed_is_not_removed_without_a_code()
    {
        await CallAsync("authenticator", new { password = Password });

        var reply = await MeanwhileAsync(() => CallAsync("authenticator/delete", new { password = Password }), ConfirmAsync);

        Assert.Equal((400, "CODE_NEEDED"), (reply.Status, reply.Reason));
        Assert.Equal(1, await CountAsync("access.authenticator where confirmed_at is not null"));
    }

    [Fact]
    public async Task Turning_two_factor_authentication_on_ends_a_session_that_is_just_being_made()
    {
        var created = await CallAsync("authenticator", new { password = Password });
        var code = new OtpNet.Totp(OtpNet.Base32Encoding.ToBytes(created["secret"])).ComputeTotp();

        var confirmed = await MeanwhileAsync(() => CallAsync("authenticator/confirm", new { code }), InsertSessionAsync);

        Assert.Equal(200, confirmed.Status);
        Assert.Equal(1, await CountAsync("access.session"));
    }

    // Lets a call come as far as the account, which a transaction holds that changes it and commits only then.
    async Task<Reply> MeanwhileAsync(Func<Task<Reply>> call, Func<NpgsqlTransaction, Task> change)
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync("select from access.member where email = @Email for update", new { Email }, transaction);
        await change(transaction);

        var reply = call();
        await Eventually.True(async () => reply.IsCompleted || await gateway.Database.DataSource.CountWaitersAsync() > 0, "the call to wait for the change");
        await transaction.CommitAsync();
        return await reply;
    }

    Task<Reply> SignInAsync() => SignInAsync(Password);

    Task<Reply> SignInAsync(string password) => gateway.CallAsync("POST", "/api/session", new { email = Email, password }, key: null);

    Task<Reply> CallAsync(string path, object body) => gateway.CallAsync("POST", $"/api/account/{path}", body, null, session.Bearer());

    Task SetPasswordAsync(NpgsqlTransaction transaction) =>
        AccountStore.SetPasswordAsync(transaction, MemberId, Passwords.Hash(Another), keptSession: null, default);

    async Task TurnOnAsync(NpgsqlTransaction transaction)
    {
        await AuthenticatorStore.InsertAsync(transaction, MemberId, OneTimeCodes.NewSecret(), default);
        await ConfirmAsync(transaction);
    }

    async Task ConfirmAsync(NpgsqlTransaction transaction)
    {
        await AuthenticatorStore.ConfirmAsync(transaction, MemberId, 1, [], default);
        await SessionStore.EndAsync(transaction, MemberId, keptSession: null, default);
    }

    Task InsertSessionAsync(NpgsqlTransaction transaction)
    {
        var row = new SessionRow { SessionId = Guid.NewGuid(), TokenHash = Secret.Hash("intruder"), MemberId = MemberId, ExpiresAt = DateTimeOffset.UtcNow.AddDays(1) };
        return SessionStore.InsertAsync(transaction, row, default);
    }

    async Task<int> CountAsync(string rows)
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<int>($"select count(*)::integer from {rows}");
    }
}
