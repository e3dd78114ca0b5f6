using System.Security.Cryptography;
using System.Text;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Profiles;

/// <summary>What stays of an erased person: a hash by which later calls are refused, and nothing that can be read.</summary>
public static class ErasedPersonStore
{
    /// <summary>Why an erased person is refused, for clients and for people.</summary>
    public static Refused Refusal() => new("ERASED", "This person was erased and cannot come back under the same id.");

    /// <summary>Refuses a person who was erased, by either id.</summary>
    /// <remarks>Ask after the profile was locked or made: an erasure that was under way has then committed.</remarks>
    /// <exception cref="Refused">Reason ERASED.</exception>
    public static async Task RefuseErasedAsync(NpgsqlTransaction transaction, PersonKey person, CancellationToken ct)
    {
        const string sql = "select exists (select from enrollment.erased_person where site_id = @SiteId and id_hash = any(@hashes))";

        var hashes = new List<byte[]>(2);
        if (person.UserId.Length > 0)
            hashes.Add(HashOfUser(person.UserId));
        if (person.AnonymousId.Length > 0)
            hashes.Add(HashOfVisitor(person.AnonymousId));

        if (await transaction.ScalarAsync<bool>(sql, new { person.SiteId, hashes }, ct))
            throw Refusal();
    }

    /// <summary>Whether somebody with this id, as user or visitor, was erased.</summary>
    public static Task<bool> IsErasedAsync(NpgsqlConnection connection, Guid siteId, string id, CancellationToken ct)
    {
        const string sql = "select exists (select from enrollment.erased_person where site_id = @siteId and id_hash = any(@hashes))";

        byte[][] hashes = [HashOfUser(id), HashOfVisitor(id)];
        return connection.ScalarAsync<bool>(sql, new { siteId, hashes }, ct);
    }

    /// <summary>Which of these users were erased.</summary>
    public static async Task<IReadOnlyList<string>> ErasedOfAsync(
        NpgsqlTransaction transaction, Guid siteId, IReadOnlyCollection<string> userIds, CancellationToken ct)
    {
        const string sql = """
            select person.id_hash
            from enrollment.erased_person person
            join unnest(@hashes) as wanted (id_hash) on wanted.id_hash = person.id_hash
            where person.site_id = @siteId
            """;

        var byHash = userIds.ToDictionary(userId => Convert.ToHexString(HashOfUser(userId)), StringComparer.Ordinal);
        var hashes = byHash.Keys.Select(Convert.FromHexString).ToArray();
        var found = await transaction.QueryAsync<byte[]>(sql, new { siteId, hashes }, ct);
        return [.. found.Select(hash => byHash[Convert.ToHexString(hash)])];
    }

    /// <summary>Notes that another job removes what an erased person left.</summary>
    public static Task ExchangeJobAsync(NpgsqlTransaction transaction, Guid siteId, Guid jobId, Guid next, CancellationToken ct)
    {
        const string sql = "update enrollment.erased_person set job_id = @next where site_id = @siteId and job_id = @jobId";
        return transaction.ExecuteAsync(sql, new { siteId, jobId, next }, ct);
    }

    /// <summary>Notes that these ids are never to come back.</summary>
    public static Task NoteAsync(NpgsqlTransaction transaction, Guid siteId, Guid jobId, byte[][] hashes, DateTimeOffset now, CancellationToken ct)
    {
        const string sql = """
            insert into enrollment.erased_person (site_id, id_hash, erased_at, job_id)
            select @siteId, id_hash, @now, @jobId
            from unnest(@hashes) as wanted (id_hash)
            on conflict do nothing
            """;
        return transaction.ExecuteAsync(sql, new { siteId, jobId, hashes, now }, ct);
    }

    /// <summary>What stays of a user's id.</summary>
    public static byte[] HashOfUser(string userId) => SHA256.HashData(Encoding.UTF8.GetBytes($"user/{userId}"));

    /// <summary>What stays of a visitor's id.</summary>
    public static byte[] HashOfVisitor(string anonymousId) => SHA256.HashData(Encoding.UTF8.GetBytes($"visitor/{anonymousId}"));
}
