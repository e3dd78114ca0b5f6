using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Keeps quotas exact: those who create the same kind of thing for the same owner take turns, so that each counts what the one before made.</summary>
public static class Quota
{
    /// <summary>Waits until nobody else creates such a thing for the owner, and keeps others waiting until the transaction ends.</summary>
    /// <param name="transaction">The transaction that counts and creates.</param>
    /// <param name="what">The kind of thing, such as `definition.journey`.</param>
    /// <param name="owner">The site or account.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static Task TakeTurnAsync(NpgsqlTransaction transaction, string what, Guid owner, CancellationToken ct)
    {
        const string sql = "select pg_advisory_xact_lock(hashtext(@what), hashtext(@owner::text))";
        return transaction.ExecuteAsync(sql, new { what, owner }, ct);
    }
}
