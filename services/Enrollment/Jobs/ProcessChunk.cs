using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Erasure;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;
using Scheduler = Journeys.Protos.Scheduler.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Does one slice of a job and answers where the next one begins.</summary>
/// <remarks>
/// Work and answer commit together, and the answer is remembered: a slice that comes again does nothing, so counts are exact too. A slice that is not
/// remembered is done only if its job waits for just that one: an old one may come days later, when its job has ended and its answer is forgotten.
/// </remarks>
public sealed class ProcessChunk(
    NpgsqlDataSource source, JourneyCatalog catalog, AudienceMembers audiences, EnrollPeople enroll, AdvanceEnrollments advance, AfterCommit after,
    ArchiveEnrollments archive, RetrySetAside aside, Scheduler.SchedulerService.SchedulerServiceClient scheduler, Outbox outbox, TimeProvider time,
    ILogger<ProcessChunk> logger)
{
    // Of each table.
    const int ErasedRowsPerSlice = 5_000;

    // A savepoint.
    const string Nobody = "nobody";

    // People who are inside may be at work: their calls wait for the slice that has them locked.
    const int MostInside = 500;

    /// <summary>What a slice did.</summary>
    sealed record Slice(Proto.ChunkCompleted Answer, IReadOnlyList<Enrollment> Enrollments);

    /// <summary>Does a slice. Whoever cannot be moved or enrolled is left out of it, and keeps nobody else.</summary>
    public async Task HandleAsync(Proto.ChunkRequested chunk, CancellationToken ct)
    {
        try
        {
            await HandleAsync(chunk, apart: false, ct);
        }
        catch (Exception failure) when (RowFault.Is(failure) && chunk.Kind is Kind.Release or Kind.AudienceSweep or Kind.ListEnrollment)
        {
            if (chunk.Kind == Kind.Release && !await SetAsideAsync(chunk, ct))
                throw;
            await HandleAsync(chunk, apart: true, ct);
        }
    }

    async Task<bool> SetAsideAsync(Proto.ChunkRequested chunk, CancellationToken ct)
    {
        var (siteId, journeyId) = (Guid.Parse(chunk.SiteId), Guid.Parse(chunk.JourneyId));
        var holding = await source.InTransactionAsync(
            transaction => HeldSignals.ListEnrollmentsAsync(transaction, siteId, journeyId, Math.Min(chunk.Limit, MostInside), ct), ct);
        return await aside.PartAsync(siteId, holding, [], ct);
    }

    async Task HandleAsync(Proto.ChunkRequested chunk, bool apart, CancellationToken ct)
    {
        var enrollments = await source.InBackgroundAsync(
            async transaction =>
            {
                var (jobId, now) = (Guid.Parse(chunk.JobId), time.GetUtcNow());
                var (doneNo, answer) = await ChunkStore.LockAsync(transaction, jobId, now, ct);
                if (chunk.ChunkNo <= doneNo)
                {
                    // The Scheduler has moved past all but the newest one.
                    await outbox.AddAsync(transaction, chunk.ChunkNo == doneNo ? [Proto.ChunkCompleted.Parser.ParseFrom(answer)] : [], ct);
                    return [];
                }

                // With the memory of the job locked, so that nobody does the slice between this answer and the work.
                if (!await IsWantedAsync(chunk, ct))
                    return [];

                await transaction.PlanAnewAsync(ct);
                var slice = await RunAsync(transaction, chunk, apart, ct);
                slice.Answer.JobId = chunk.JobId;
                slice.Answer.ChunkNo = chunk.ChunkNo;
                await ChunkStore.RememberAsync(transaction, jobId, chunk.ChunkNo, slice.Answer.ToByteArray(), ct);
                await outbox.AddAsync(transaction, slice.Answer, ct);
                return slice.Enrollments;
            },
            ct);

        outbox.Wake();
        after.Announce(enrollments);
    }

    async Task<bool> IsWantedAsync(Proto.ChunkRequested chunk, CancellationToken ct)
    {
        var answer = await scheduler.CheckChunkAsync(
            new() { JobId = chunk.JobId, ChunkNo = chunk.ChunkNo }, ServiceCall.For(Guid.Parse(chunk.SiteId), ct));
        if (!answer.Wanted)
        {
            logger.LogWarning(
                "Slice {ChunkNo} of job {JobId} ({Kind}) came when its job did not wait for it; nothing was done", chunk.ChunkNo, chunk.JobId, chunk.Kind);
        }

        return answer.Wanted;
    }

    async Task<Slice> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, bool apart, CancellationToken ct)
    {
        // Retried, and sent again by the Scheduler: news travel in no order, and a resume may be at the Scheduler before it is here.
        if (!await JourneyStore.HasHeardAsync(transaction, chunk, ct))
            throw new NotYet($"News of journey {chunk.JourneyId} that job {chunk.JobId} follows from have not arrived yet.");

        return chunk.Kind switch
        {
            Kind.AudienceSweep => await SweepAsync(transaction, chunk, apart, ct),
            Kind.ListEnrollment => await EnrollListAsync(transaction, chunk, apart, ct),
            Kind.Archive => await ArchiveAsync(transaction, chunk, ct),
            Kind.Release => await ReleaseAsync(transaction, chunk, ct),
            Kind.Erasure => await EraseAsync(transaction, chunk, ct),
            _ => new Slice(new() { Error = $"Enrollment does not know jobs of kind {chunk.Kind}." }, []),
        };
    }

    async Task<Slice> SweepAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, bool apart, CancellationToken ct)
    {
        var (siteId, journeyId) = (Guid.Parse(chunk.SiteId), Guid.Parse(chunk.JourneyId));
        var site = await catalog.NowAsync(siteId, ct);
        if (!site.Journeys.TryGetValue(journeyId, out var journey))
            throw new NotYet($"Journey {chunk.JourneyId} has not arrived yet.");
        // Paused or archived: the journey takes nobody, and a resume or a publish sweeps again.
        if (!journey.AutoEnrolls || !await Availability.HoldOpenAsync(transaction, journey, ct))
            return new(new() { Last = true }, []);
        if (!site.Audiences.TryGetValue(journey.AudienceId!.Value, out var audience))
            throw new NotYet($"The audience {journey.AudienceId} has not arrived yet.");

        // Stored by an older release, which did not count them.
        var rules = (Guid id) => site.Audiences.GetValueOrDefault(id)?.Rule;
        if (new RuleCosts(rules).Of(audience.Rule).Fault is { } fault)
            return new(new() { Error = $"The rule of the audience {audience.Name} {fault} Nobody is enrolled by sweeps until it is smaller." }, []);

        var candidates = new AudienceMembers.Candidates(journey, audience.Rule, rules);
        var total = chunk.Cursor.Length == 0 ? await audiences.CountCandidatesAsync(transaction, candidates, ct) : 0;
        if (await audiences.LockCandidatesAsync(transaction, candidates, After(chunk), chunk.Limit, ct) is not { } part)
            return new(new() { Error = $"The database needs too long for the rule of the audience {audience.Name}. Nobody is enrolled by sweeps until it is simpler." }, []);
        return await EnrollAsync(transaction, new(journey, "AUDIENCE", "sweep"), part.People, part.Last, total, apart, ct);
    }

    async Task<Slice> EnrollListAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, bool apart, CancellationToken ct)
    {
        var site = await catalog.NowAsync(Guid.Parse(chunk.SiteId), ct);
        if (!site.Journeys.TryGetValue(Guid.Parse(chunk.JourneyId), out var journey) || !await Availability.HoldOpenAsync(transaction, journey, ct))
            return new(new() { Error = "The journey takes nobody now." }, []);

        var people = await ChunkStore.LockMembersAsync(transaction, journey.SiteId, Guid.Parse(chunk.SubjectId), After(chunk), chunk.Limit, ct);
        var last = people.Count < chunk.Limit ? (Guid?)null : people[^1].ProfileId;
        return await EnrollAsync(transaction, new(journey, "LIST", "list"), people, last, total: 0, apart, ct);
    }

    async Task<Slice> EnrollAsync(
        NpgsqlTransaction transaction, EnrollPeople.Entry entry, IReadOnlyList<ProfileRow> people, Guid? last, int total, bool apart,
        CancellationToken ct)
    {
        if (apart)
            await transaction.SaveAsync(Nobody, ct);
        var failed = new List<(Guid ProfileId, string Cause)>();
        var admissions = people.Count == 0 ? []
            : apart ? await enroll.HandleApartAsync(transaction, entry, people, failed, ct)
            : await enroll.HandleAsync(transaction, entry, people, ct);
        foreach (var (profileId, cause) in failed)
            logger.LogError(
                "Profile {ProfileId} of site {SiteId} cannot be enrolled in journey {JourneyId} and is left out: {Cause}",
                profileId, entry.Journey.SiteId, entry.Journey.JourneyId, cause);
        if (failed.Count >= EnrollPeople.MostLeftOut)
        {
            await transaction.RollbackAsync(Nobody, ct);
            return new(new() { Error = $"{failed.Count} people could not be enrolled, the first because of {failed[0].Cause}" }, []);
        }

        var enrollments = admissions.Where(admission => admission.Created).Select(admission => admission.Enrollment!).ToList();
        var answer = new Proto.ChunkCompleted
        {
            Done = people.Count,
            Changed = enrollments.Count,
            Total = total,
            NextCursor = last?.ToString() ?? "",
            Last = last is null,
        };
        return new(answer, enrollments);
    }

    async Task<Slice> ArchiveAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, CancellationToken ct)
    {
        var (siteId, journeyId) = (Guid.Parse(chunk.SiteId), Guid.Parse(chunk.JourneyId));
        _ = await JourneyStore.HoldJourneyAsync(transaction, siteId, journeyId, ct)
            ?? throw new NotYet($"News of journey {journeyId} have not arrived yet.");

        var total = chunk.ChunkNo == 1 ? await ChunkStore.CountArchivedAsync(transaction, siteId, journeyId, ct) : 0;
        var limit = Math.Min(chunk.Limit, MostInside);
        var enrollments = await archive.HandleAsync(transaction, siteId, journeyId, limit, ct);
        return new(new() { Done = enrollments.Count, Changed = enrollments.Count, Total = total, Last = enrollments.Count < limit }, enrollments);
    }

    async Task<Slice> ReleaseAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, CancellationToken ct)
    {
        var (siteId, journeyId) = (Guid.Parse(chunk.SiteId), Guid.Parse(chunk.JourneyId));
        await HeldSignals.DropOfEndedAsync(transaction, siteId, journeyId, ct);
        var total = chunk.ChunkNo == 1 ? await ChunkStore.CountHoldingAsync(transaction, siteId, journeyId, ct) : 0;
        var limit = Math.Min(chunk.Limit, MostInside);
        var enrollmentIds = await HeldSignals.ListEnrollmentsAsync(transaction, siteId, journeyId, limit, ct);
        var locked = await EnrollmentStore.LockActiveAsync(transaction, [.. enrollmentIds.Select(_ => siteId)], [.. enrollmentIds], ct);
        // Paused again meanwhile: what is held stays held, for the job that the next resume starts.
        if (locked.Rows.Any(row => row.JourneyStatus == "PAUSED"))
            return new(new() { Last = true }, []);

        var enrollments = await advance.ApplyAsync(transaction, locked, static _ => [], ct);
        return new(
            new() { Done = enrollments.Count, Changed = enrollments.Count(enrollment => enrollment.HasChanged), Total = total, Last = enrollmentIds.Count < limit }, enrollments);
    }

    async Task<Slice> EraseAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, CancellationToken ct)
    {
        var erasure = await ErasureStore.FindAsync(transaction, Guid.Parse(chunk.SiteId), Guid.Parse(chunk.SubjectId), ct);
        if (erasure is not null)
        {
            var isLast = await ErasureStore.RemoveSliceAsync(transaction, erasure, ErasedRowsPerSlice, ct);
            var visits = await ErasureStore.RemoveVisitsAsync(transaction, erasure, ErasedRowsPerSlice, ct);
            // Of every visit: the cancelling of an earlier one may have overtaken its request.
            await outbox.AddAsync(transaction, EnrollmentMessages.Cancel(erasure.SiteId, visits), ct);
            if (!isLast || visits.Count == ErasedRowsPerSlice)
                return new(new(), []);

            await ErasureStore.EndAsync(transaction, erasure, ct);
        }

        return new(new() { Done = 1, Changed = 1, Total = 1, Last = true }, []);
    }

    static Guid After(Proto.ChunkRequested chunk) => chunk.Cursor.Length == 0 ? Guid.Empty : Guid.Parse(chunk.Cursor);
}
