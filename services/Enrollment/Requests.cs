using Npgsql;

namespace Journeys.Enrollments;

/// <summary>Remembers what creating calls answered, so that a repeat with the same `request_id` gets the first answer.</summary>
public static class Requests
{
    /// <summary>Notes this call's answer; gives the first one's id if the request was answered before. No id, no memory.</summary>
    public static async Task<Guid?> FirstAnswerAsync(
        NpgsqlTransaction transaction, Guid siteId, string requestId, Guid answerId, CancellationToken ct)
    {
        // Waits for a racing first call to commit or roll back; an update that changes nothing lets `returning` see its row.
        const string sql = """
            insert into enrollment.request as request (site_id, request_id, answer_id)
            values (@siteId, @requestId, @answerId)
            on conflict (site_id, request_id) do update set answer_id = request.answer_id
            returning answer_id
            """;

        if (requestId.Length == 0)
            return null;

        var first = await transaction.ScalarAsync<Guid>(sql, new { siteId, requestId, answerId }, ct);
        return first == answerId ? null : first;
    }
}
