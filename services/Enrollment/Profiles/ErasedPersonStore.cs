using System.Security.Cryptography;
using System.Text;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Npgsql;

namespace Journeys.Enrollments.Profiles;

/// <summary>Stores hashes of erased persons' ids, by which later calls are refused. Nothing readable is kept.</summary>
public static class ErasedPersonStore
{
    /// <summary>Returns the refusal for an erased person.</summary>
    public static Refused Refusal() => new("ERASED", "This person was erased and cannot come back under the same id.");

    /// <summary>Refuses a person who was erased, by either id.</summary>
    /// <remarks>
    /// Must be called after the profile was locked or created, because an erasure in progress has then committed.
    /// </remarks>
    /// <exception cref="Refused">Reason ERASED.</exception>
    public static async Task RefuseErasedAsync(NpgsqlTransaction transaction, PersonKey person, CancellationToken ct)
    {
        const string sql = "select exists (select from enrollment.erased_person where site_id = @SiteId and id_hash = any(@hashes))";

        if (await transaction.ScalarAsync<bool>(sql, new { person.SiteId, hashes = HashesOf(person) }, ct))
            throw Refusal();
    }

    /// <summary>Returns the hashes of the ids of a person.</summary>
    public static byte[][] HashesOf(PersonKey person) => (person.UserId.Length, person.AnonymousId.Length) switch
    {
        (0, _) => [HashOfVisitor(person.AnonymousId)],
        (_, 0) => [HashOfUser(person.UserId)],
        _ => [HashOfUser(person.UserId), HashOfVisitor(person.AnonymousId)],
    };

    /// <summary>Whether a user or visitor with this id was erased.</summary>
    public static Task<bool> IsErasedAsync(NpgsqlConnection connection, Guid siteId, string id, CancellationToken ct)
    {
        const string sql = "select exists (select from enrollment.erased_person where site_id = @siteId and id_hash = any(@hashes))";

        byte[][] hashes = [HashOfUser(id), HashOfVisitor(id)];
        return connection.ScalarAsync<bool>(sql, new { siteId, hashes }, ct);
    }

    /// <summary>Returns those of these users who were erased.</summary>
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

    /// <summary>Records that another job removes the rest of an erased person's data.</summary>
    public static Task ExchangeJobAsync(NpgsqlTransaction transaction, Guid siteId, Guid jobId, Guid next, CancellationToken ct)
    {
        const string sql = "update enrollment.erased_person set job_id = @next where site_id = @siteId and job_id = @jobId";
        return transaction.ExecuteAsync(sql, new { siteId, jobId, next }, ct);
    }

    /// <summary>Records ids that are refused from now on.</summary>
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

    /// <summary>Returns the hash of a user id.</summary>
    public static byte[] HashOfUser(string userId) => SHA256.HashData(Encoding.UTF8.GetBytes($"user/{userId}"));

    /// <summary>Returns the hash of an anonymous id.</summary>
    public static byte[] HashOfVisitor(string anonymousId) => SHA256.HashData(Encoding.UTF8.GetBytes($"visitor/{anonymousId}"));
}
