using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Failures;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Npgsql;
using Kind = Journeys.Protos.Scheduler.V1.Job.Types.Kind;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Continues the enrollments that a stop has stopped, unless their people have entered again since.</summary>
/// <remarks>No rule is evaluated: everybody waits for what they waited for before.</remarks>
public sealed class ContinuePeople(JourneyCatalog catalog, PersonFacts people, EnrollmentWriter writer, Clock clock) : IChunkWork
{
    public Kind Kind => Kind.UndoStop;

    public async Task<ChunkResult> RunAsync(NpgsqlTransaction transaction, Proto.ChunkRequested chunk, Exception? failure, CancellationToken ct)
    {
        var (siteId, journeyId) = chunk.Subject();
        var stopId = Guid.Parse(chunk.SubjectId);
        // An archiving waits for the transaction, so that it finds everybody who continues.
        _ = await JourneyLockStore.HoldAsync(transaction, siteId, journeyId, ct)
            ?? throw new NotYet($"News of journey {journeyId} has not arrived yet.");

        var limit = chunk.LimitInside();
        var taken = await StoppedStore.TakeAsync(transaction, siteId, stopId, limit, ct);
        var before = taken.ToDictionary(row => row.EnrollmentId);
        var locked = await EnrollmentStore.LockStoppedAsync(transaction, siteId, [.. before.Keys], ct);
        var now = clock.At(locked.At);
        var rows = locked.Rows.Where(row => row.JourneyStatus != JourneyStatuses.Archived).ToList();
        // For the dates of their traits.
        var persons = await people.LoadAsync(
            transaction, siteId, [.. rows.DistinctBy(row => row.ProfileId).Select(EnrollmentLoader.ToProfile)], new(), effort: null, ct);
        var enrollments = new List<Enrollment>();
        foreach (var row in rows)
        {
            var (journey, _) = await catalog.ReadableVersionAsync(siteId, journeyId, row.Version, ct);
            var enrollment = new Enrollment(row, journey, persons.GetValueOrDefault(row.ProfileId));
            enrollment.Continue(before[row.EnrollmentId], $"continued, because stop {stopId} was undone by job {chunk.JobId}", now);
            enrollments.Add(enrollment);
        }

        await writer.SaveAsync(transaction, enrollments, ct);
        return new(new() { Done = taken.Count, Changed = enrollments.Count, Last = taken.Count < limit }, enrollments);
    }
}
