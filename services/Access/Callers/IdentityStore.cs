using Dapper;
using Npgsql;

namespace Journeys.Access.Callers;

/// <summary>Remembers whom an issuer means by a subject.</summary>
public sealed class IdentityStore
{
    /// <summary>Binds a subject of the issuer to an account; false when one of them is bound already.</summary>
    public async Task<bool> InsertAsync(NpgsqlTransaction transaction, IssuedIdentity issued, Guid memberId, CancellationToken ct)
    {
        const string sql = """
            insert into access.identity (issuer, subject, member_id)
            values (@issuer, @subject, @memberId)
            on conflict do nothing
            """;

        var parameters = new { issuer = issued.Issuer, subject = issued.Subject, memberId };
        return await transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, parameters, transaction, cancellationToken: ct)) > 0;
    }

    /// <summary>The account that a subject of the issuer is bound to.</summary>
    public async Task<Guid?> FindAsync(NpgsqlTransaction transaction, IssuedIdentity issued, CancellationToken ct)
    {
        const string sql = "select member_id from access.identity where issuer = @issuer and subject = @subject";

        var parameters = new { issuer = issued.Issuer, subject = issued.Subject };
        return await transaction.Connection!.QuerySingleOrDefaultAsync<Guid?>(
            new CommandDefinition(sql, parameters, transaction, cancellationToken: ct));
    }

    /// <summary>Locks the account with this e-mail; null when there is none.</summary>
    public async Task<AccountByEmail?> LockAccountAsync(NpgsqlTransaction transaction, string email, CancellationToken ct)
    {
        const string sql = """
            select member_id, email_proven_at is not null as is_proven
            from access.member
            where email = @email
            for update
            """;

        return await transaction.Connection!.QuerySingleOrDefaultAsync<AccountByEmail>(
            new CommandDefinition(sql, new { email }, transaction, cancellationToken: ct));
    }

    /// <summary>Removes the password and the authenticator that somebody else may have chosen, because the owner of the account is known now.</summary>
    public async Task ClaimAsync(NpgsqlTransaction transaction, Guid memberId, CancellationToken ct)
    {
        const string sql = """
            update access.member set password_hash = null, email_proven_at = now() where member_id = @memberId;
            delete from access.authenticator where member_id = @memberId;
            delete from access.session where member_id = @memberId;
            delete from access.password_reset where member_id = @memberId
            """;

        await transaction.Connection!.ExecuteAsync(new CommandDefinition(sql, new { memberId }, transaction, cancellationToken: ct));
    }
}

/// <summary>An account as its e-mail finds it.</summary>
public sealed record AccountByEmail
{
    public Guid MemberId { get; init; }

    /// <summary>Whether mail to the address is known to reach the owner of the account.</summary>
    public bool IsProven { get; init; }
}
