using Npgsql;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>
/// Keeps quotas exact: objects of one kind are created for one owner one transaction at a time, so that each
/// transaction counts the objects of the previous one.
/// </summary>
public static class Quota
{
    /// <summary>
    /// Waits for other transactions that create such objects for the owner, and blocks later ones until this
    /// transaction ends.
    /// </summary>
    /// <param name="transaction">The transaction that counts and creates.</param>
    /// <param name="what">The kind of object, such as `definition.journey`.</param>
    /// <param name="owner">The site or account.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static Task TakeTurnAsync(NpgsqlTransaction transaction, string what, Guid owner, CancellationToken ct)
    {
        const string sql = "select pg_advisory_xact_lock(hashtext(@what), hashtext(@owner::text))";
        return transaction.ExecuteAsync(sql, new { what, owner }, ct);
    }
}
