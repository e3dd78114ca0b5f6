using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Access.Callers;

/// <summary>Stores which account a subject of an issuer is bound to.</summary>
public static class IdentityStore
{
    /// <summary>Binds a subject of the issuer to an account; false when either is bound already.</summary>
    public static async Task<bool> InsertAsync(NpgsqlTransaction transaction, IssuedIdentity issued, Guid memberId, CancellationToken ct)
    {
        const string sql = """
            insert into access.identity (issuer, subject, member_id)
            values (@issuer, @subject, @memberId)
            on conflict do nothing
            """;

        var parameters = new { issuer = issued.Issuer, subject = issued.Subject, memberId };
        return await transaction.ExecuteAsync(sql, parameters, ct) > 0;
    }

    /// <summary>Returns the account that a subject of the issuer is bound to.</summary>
    public static async Task<Guid?> FindAsync(NpgsqlTransaction transaction, IssuedIdentity issued, CancellationToken ct)
    {
        const string sql = "select member_id from access.identity where issuer = @issuer and subject = @subject";

        var parameters = new { issuer = issued.Issuer, subject = issued.Subject };
        return await transaction.QuerySingleOrDefaultAsync<Guid?>(sql, parameters, ct);
    }

    /// <summary>
    /// Records a sign-in through the issuer, if it is newer than the last one by at least a time span. Returns the
    /// account; null when nothing was recorded.
    /// </summary>
    public static async Task<Guid?> NoteSignInAsync(NpgsqlTransaction transaction, IssuedIdentity issued, TimeSpan between, CancellationToken ct)
    {
        const string sql = """
            update access.identity
            set signed_in_at = @signedInAt
            where issuer = @issuer and subject = @subject and (signed_in_at is null or signed_in_at <= @signedInAt - @between)
            returning member_id
            """;

        var parameters = new { issuer = issued.Issuer, subject = issued.Subject, signedInAt = issued.SignedInAt, between };
        return await transaction.QuerySingleOrDefaultAsync<Guid?>(sql, parameters, ct);
    }
}
