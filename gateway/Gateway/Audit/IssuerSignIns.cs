using Dapper;
using Npgsql;

namespace Journeys.Gateways;

/// <summary>Writes down who signed in through the issuer. There is no call for that: they come with a token that is newer than the last one.</summary>
public sealed class IssuerSignIns(NpgsqlDataSource database, KnownCallers known, TimeProvider time)
{
    // Browsers get new tokens every few minutes, and many issuers do not tell which of them began with a sign-in.
    static readonly TimeSpan Between = TimeSpan.FromHours(1);

    /// <param name="issued">For whom the issuer vouches.</param>
    /// <param name="identity">What is known of them; null when it was bound just now.</param>
    /// <param name="address">From where they call.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task RecordAsync(IssuedIdentity issued, IdentityRow? identity, string address, CancellationToken ct)
    {
        // Of replicas and calls at once, one writes it.
        const string sql = """
            with signed_in as (
                update access.identity
                set signed_in_at = @signedInAt
                where issuer = @issuer and subject = @subject and (signed_in_at is null or signed_in_at <= @signedInAt - @between)
                returning member_id
            )
            insert into access.audit (audit_id, site_id, at, actor_kind, actor_id, actor_name, action, target_kind, target_id, address, outcome,
                                      reason, ended_at)
            select gen_random_uuid(), membership.site_id, @now, 'MEMBER', member.member_id, member.email, 'IssuerSignIn', 'session', '', @address,
                   'OK', '', @now
            from signed_in
            join access.member as member using (member_id)
            join access.membership as membership using (member_id)
            """;

        if (identity?.SignedInAt is { } last && issued.SignedInAt < last + Between)
            return;

        var parameters = new
        {
            issuer = issued.Issuer,
            subject = issued.Subject,
            signedInAt = issued.SignedInAt,
            between = Between,
            now = time.GetUtcNow(),
            address,
        };
        await using var connection = await database.OpenConnectionAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: ct));
        known.Forget();
    }
}
