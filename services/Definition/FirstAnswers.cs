using Dapper;
using Npgsql;

namespace Journeys.Definitions;

/// <summary>Remembers what creating calls answered first.</summary>
public static class FirstAnswers
{
    /// <summary>Notes this call's answer; gives the first one's id if the request was answered before. No request id, no memory.</summary>
    /// <param name="transaction">The one that creates the answer.</param>
    /// <param name="siteId">The site.</param>
    /// <param name="call">Which call it is; two calls may use the same request id for different things.</param>
    /// <param name="requestId">Chosen by the caller.</param>
    /// <param name="answerId">What this call is about to create.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<Guid?> FindAsync(
        NpgsqlTransaction transaction, Guid siteId, string call, string requestId, Guid answerId, CancellationToken ct)
    {
        // An update that changes nothing lets `returning` see the row of a first call, after waiting for it to commit.
        const string sql = """
            insert into definition.request as request (site_id, call, request_id, answer_id)
            values (@siteId, @call, @requestId, @answerId)
            on conflict (site_id, call, request_id) do update set answer_id = request.answer_id
            returning answer_id
            """;

        if (requestId.Length == 0)
            return null;

        var first = await transaction.Connection!.ExecuteScalarAsync<Guid>(
            new CommandDefinition(sql, new { siteId, call, requestId, answerId }, transaction, cancellationToken: ct));
        return first == answerId ? null : first;
    }
}
