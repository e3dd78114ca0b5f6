using Journeys.BuildingBlocks;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Does one slice of a job and answers where the next one begins.</summary>
/// <remarks>A slice may come again: what it did the first time is found done, so nobody is handled twice in effect.</remarks>
public sealed class RunChunk(
    NpgsqlDataSource source, JourneyCatalog catalog, AudienceStore audiences, EnrollPeople enroll, AdvanceEnrollments advance,
    RunStore store, RunReader reader, Outbox outbox, TimeProvider time)
{
    public async Task HandleAsync(Proto.ChunkRequested chunk, CancellationToken ct)
    {
        var limit = Math.Clamp(chunk.Limit, 1, 500);
        var answer = chunk.Kind switch
        {
            Kind.AudienceSweep => await SweepAsync(chunk, limit, ct),
            Kind.ListEnrollment => await EnrollListAsync(chunk, limit, ct),
            Kind.Archive => await ArchiveAsync(chunk, limit, ct),
            Kind.Release => await ReleaseAsync(chunk, limit, ct),
            _ => new Proto.ChunkCompleted { Error = $"Enrollment does not know jobs of kind {chunk.Kind}." },
        };
        answer.JobId = chunk.JobId;
        answer.ChunkNo = chunk.ChunkNo;

        await source.InTransactionAsync(transaction => outbox.AddAsync(transaction, answer, ct), ct);
        outbox.Wake();
    }

    async Task<Proto.ChunkCompleted> SweepAsync(Proto.ChunkRequested chunk, int limit, CancellationToken ct)
    {
        var site = await catalog.OfAsync(Guid.Parse(chunk.SiteId), ct);
        if (!site.Journeys.TryGetValue(Guid.Parse(chunk.JourneyId), out var journey))
            throw new InvalidOperationException($"Journey {chunk.JourneyId} has not arrived yet.");
        if (!journey.AutoEnrolls || !site.Audiences.TryGetValue(journey.AudienceId!.Value, out var audience))
            return new() { Last = true };

        var siteId = journey.SiteId;
        var rules = (Guid id) => site.Audiences.GetValueOrDefault(id)?.Rule;
        var total = chunk.Cursor.Length == 0 ? (await audiences.CountAsync(siteId, audience.Rule, rules, ct)).Matching : 0;
        var after = chunk.Cursor.Length == 0 ? Guid.Empty : Guid.Parse(chunk.Cursor);
        var people = await audiences.ListAsync(siteId, audience.Rule, rules, journey.Design.AllowAnonymous, after, limit, ct);

        var created = await EnrollAsync(new(journey, "AUDIENCE", "sweep"), people, ct);
        return Answer(people, limit, created, total);
    }

    async Task<Proto.ChunkCompleted> EnrollListAsync(Proto.ChunkRequested chunk, int limit, CancellationToken ct)
    {
        var siteId = Guid.Parse(chunk.SiteId);
        var site = await catalog.OfAsync(siteId, ct);
        if (!site.Journeys.TryGetValue(Guid.Parse(chunk.JourneyId), out var journey) || !journey.IsPublished)
            return new() { Error = "The journey takes nobody now." };

        var after = chunk.Cursor.Length == 0 ? Guid.Empty : Guid.Parse(chunk.Cursor);
        var people = await JobStore.ListMembersAsync(source, siteId, Guid.Parse(chunk.SubjectId), after, limit, ct);

        var created = await EnrollAsync(new(journey, "LIST", "list"), people, ct);
        return Answer(people, limit, created, total: 0);
    }

    async Task<int> EnrollAsync(EnrollPeople.Entry entry, IReadOnlyList<ProfileRow> people, CancellationToken ct)
    {
        if (people.Count == 0)
            return 0;

        var admissions = await source.InTransactionAsync(
            async transaction =>
            {
                var held = await JourneyStore.HoldJourneyAsync(transaction, entry.Journey.SiteId, entry.Journey.JourneyId, ct);
                // Paused or archived meanwhile: the journey takes nobody, and a later publish or resume sweeps again.
                return held?.Status == "PUBLISHED"
                    ? await enroll.HandleAsync(transaction, entry, people, time.GetUtcNow(), ct)
                    : [];
            },
            ct);
        advance.Tell([.. admissions.Where(admission => admission.Created).Select(admission => admission.Run!)]);
        return admissions.Count(admission => admission.Created);
    }

    async Task<Proto.ChunkCompleted> ArchiveAsync(Proto.ChunkRequested chunk, int limit, CancellationToken ct)
    {
        var (siteId, journeyId) = (Guid.Parse(chunk.SiteId), Guid.Parse(chunk.JourneyId));
        var runs = await source.InTransactionAsync(
            async transaction =>
            {
                var journey = await JourneyStore.HoldJourneyAsync(transaction, siteId, journeyId, ct)
                    ?? throw new InvalidOperationException($"News of journey {journeyId} have not arrived yet.");
                if (journey.Status is not ("ARCHIVED" or "DRAFT"))
                    return [];

                var rows = await EnrollmentStore.LockActiveOfJourneyAsync(transaction, siteId, journeyId, limit, ct);
                var loaded = await reader.ReadAsync(transaction, rows, ct);
                foreach (var run in loaded.Runs)
                    run.Archive("JOURNEY_ARCHIVED", mergedIntoId: null, time.GetUtcNow());
                await store.SaveAsync(transaction, loaded.Runs, ct);
                await HeldSignals.DropOfEndedAsync(transaction, siteId, journeyId, ct);
                return loaded.Runs;
            },
            ct);

        advance.Tell(runs);
        return new() { Done = runs.Count, Changed = runs.Count, Last = runs.Count < limit };
    }

    async Task<Proto.ChunkCompleted> ReleaseAsync(Proto.ChunkRequested chunk, int limit, CancellationToken ct)
    {
        var (siteId, journeyId) = (Guid.Parse(chunk.SiteId), Guid.Parse(chunk.JourneyId));
        var runs = await source.InTransactionAsync(
            async transaction =>
            {
                await HeldSignals.DropOfEndedAsync(transaction, siteId, journeyId, ct);
                var enrollmentIds = await HeldSignals.ListEnrollmentsAsync(transaction, siteId, journeyId, limit, ct);
                var rows = await EnrollmentStore.LockActiveAsync(
                    transaction, [.. enrollmentIds.Select(_ => siteId)], [.. enrollmentIds], ct);
                // Paused again meanwhile: what is held stays held.
                return rows.Any(row => row.JourneyStatus == "PAUSED")
                    ? []
                    : await advance.ApplyAsync(transaction, rows, static _ => [], ct);
            },
            ct);

        advance.Tell(runs);
        return new() { Done = runs.Count, Changed = runs.Count(run => run.HasChanged), Last = runs.Count < limit };
    }

    static Proto.ChunkCompleted Answer(IReadOnlyList<ProfileRow> people, int limit, int created, int total) => new()
    {
        Done = people.Count,
        Changed = created,
        Total = total,
        NextCursor = people.Count > 0 ? people[^1].ProfileId.ToString() : "",
        Last = people.Count < limit,
    };
}
