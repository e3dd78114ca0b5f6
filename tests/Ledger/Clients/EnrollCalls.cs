using Npgsql;

namespace Journeys.Ledgers.Clients;

/// <summary>
/// People whose enrollment was acknowledged are enrolled, nobody has more enrollments than calls, and people who were
/// refused have none.
/// </summary>
static class EnrollCalls
{
    const int Batch = 5_000;

    sealed record Attempt(Guid EnrollmentId, bool ByClient);

    public static async Task CheckAsync(Look look, IReadOnlyList<ClientCall> calls, CancellationToken ct)
    {
        // An anonymous id and a user id may belong to one person by now.
        var people = new Dictionary<(Guid Site, string UserId, string AnonymousId), Guid>();
        foreach (var some in calls.Select(call => (call.Site, call.UserId, call.AnonymousId)).Distinct().Chunk(Batch))
            await FindPeopleAsync(look, some, people, ct);

        foreach (var call in calls.Where(call => call.Outcome == ClientOutcome.Ok && !people.ContainsKey((call.Site, call.UserId, call.AnonymousId))))
            ClientCalls.Found(look, FindingKind.Lost, call.Site, $"{ClientCalls.Person(call)} journey={call.JourneyId}", "Their enrollment was acknowledged, but they have no profile.");

        var known = calls
            .Where(call => people.ContainsKey((call.Site, call.UserId, call.AnonymousId)))
            .GroupBy(call => (call.Site, ProfileId: people[(call.Site, call.UserId, call.AnonymousId)], JourneyId: call.JourneyId!.Value));
        foreach (var some in known.Chunk(Batch))
        {
            var attempts = await ListAttemptsAsync(look, [.. some.Select(group => group.Key)], ct);
            foreach (var group in some)
                Judge(look, [.. group], [.. attempts[group.Key]]);
        }
    }

    static void Judge(Look look, IReadOnlyList<ClientCall> calls, IReadOnlyList<Attempt> attempts)
    {
        var (site, ids) = (calls[0].Site, $"{ClientCalls.Person(calls[0])} journey={calls[0].JourneyId}");
        var made = attempts.Count(attempt => attempt.ByClient);
        var tries = calls.Where(call => call.Outcome != ClientOutcome.Failed).ToList();
        var most = tries.Where(call => call.RequestId.Length > 0).DistinctBy(call => call.RequestId).Count() + tries.Count(call => call.RequestId.Length == 0);

        if (attempts.Count == 0 && calls.Any(call => call.Outcome == ClientOutcome.Ok))
            ClientCalls.Found(look, FindingKind.Lost, site, ids, "Their enrollment was acknowledged, but it does not exist.");
        else if (made > 0 && tries.Count == 0)
            ClientCalls.Found(look, FindingKind.Unexpected, site, ids, "Every call to enroll them was refused, but they are enrolled.");
        else if (made > most)
            ClientCalls.Found(look, FindingKind.Doubled, site, ids, $"They have {made} attempts, but were enrolled at most {most} times.");

        foreach (var enrollmentId in calls
            .Where(call => call is { Outcome: ClientOutcome.Ok, EnrollmentId: not null })
            .Select(call => call.EnrollmentId!.Value)
            .Distinct()
            .Where(id => attempts.Count > 0 && attempts.All(attempt => attempt.EnrollmentId != id)))
        {
            ClientCalls.Found(look, FindingKind.Lost, site, $"{ids} enrollment={enrollmentId}", "They were told to be in this enrollment, and it is not theirs.");
        }
    }

    static async Task FindPeopleAsync(
        Look look, IReadOnlyList<(Guid Site, string UserId, string AnonymousId)> some, Dictionary<(Guid, string, string), Guid> people, CancellationToken ct)
    {
        const string sql = """
            select named.site_id, named.user_id, named.anonymous_id, coalesce(p.profile_id, v.profile_id)
            from unnest(@sites, @users, @visitors) as named (site_id, user_id, anonymous_id)
            left join enrollment.profile p on named.user_id <> '' and p.site_id = named.site_id and p.user_id = named.user_id
            left join enrollment.visitor v on named.user_id = '' and v.site_id = named.site_id and v.anonymous_id = named.anonymous_id
            where coalesce(p.profile_id, v.profile_id) is not null
            """;

        await foreach (var row in look.Snapshot.Enrollment.ReadAsync(
            sql, ct, new("sites", some.Select(one => one.Site).ToArray()), new("users", some.Select(one => one.UserId).ToArray()),
            new("visitors", some.Select(one => one.AnonymousId).ToArray())))
        {
            people[(row.GetGuid(0), row.GetString(1), row.GetString(2))] = row.GetGuid(3);
        }
    }

    static async Task<ILookup<(Guid, Guid, Guid), Attempt>> ListAttemptsAsync(
        Look look, IReadOnlyList<(Guid Site, Guid ProfileId, Guid JourneyId)> some, CancellationToken ct)
    {
        const string sql = """
            select e.site_id, e.profile_id, e.journey_id, e.enrollment_id, e.source in ('API', 'SDK')
            from unnest(@sites, @profiles, @journeys) as asked (site_id, profile_id, journey_id)
            join enrollment.enrollment e on e.site_id = asked.site_id and e.profile_id = asked.profile_id and e.journey_id = asked.journey_id
            """;

        var attempts = new List<((Guid, Guid, Guid) Of, Attempt Attempt)>();
        await foreach (var row in look.Snapshot.Enrollment.ReadAsync(
            sql, ct, new("sites", some.Select(one => one.Site).ToArray()), new("profiles", some.Select(one => one.ProfileId).ToArray()),
            new NpgsqlParameter("journeys", some.Select(one => one.JourneyId).ToArray())))
        {
            attempts.Add(((row.GetGuid(0), row.GetGuid(1), row.GetGuid(2)), new(row.GetGuid(3), row.GetBoolean(4))));
        }

        return attempts.ToLookup(attempt => attempt.Of, attempt => attempt.Attempt);
    }
}
