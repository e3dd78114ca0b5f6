using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Npgsql;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Enrolls the people of one chunk.</summary>
public sealed class EnrollInChunk(EnrollPeople enroll, DatabasePace pace, TimeProvider time, ILogger<EnrollInChunk> logger)
{
    // A pause waits for this transaction. `LongestTogether` limits each statement for the whole chunk, and
    // `LongestApart` the loop that enrolls people one by one.
    static readonly TimeSpan LongestTogether = TimeSpan.FromSeconds(5);
    static readonly TimeSpan LongestApart = TimeSpan.FromSeconds(3);

    // The name of a savepoint.
    const string Nobody = "nobody";

    /// <summary>
    /// Enrolls people. After a failure, enrolls them in parts and leaves out those who cannot be enrolled; too many of
    /// these fail the job. When the time is up, the remaining people are left to the next chunk.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="entry">How they enter.</param>
    /// <param name="people">The people, by profile id.</param>
    /// <param name="last">The profile after which the next chunk begins; null if this is the last chunk.</param>
    /// <param name="total">The number of people of the whole job; 0 when unknown.</param>
    /// <param name="failure">The error of the attempt with all of them at once; null for that attempt.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<ChunkResult> EnrollAsync(
        NpgsqlTransaction transaction, EnrollPeople.Entry entry, IReadOnlyList<ProfileRow> people, Guid? last, int total, Exception? failure,
        CancellationToken ct)
    {
        if (failure is null)
            await transaction.LimitAsync(LongestTogether, ct);
        else
            await transaction.SaveAsync(Nobody, ct);
        var portion = new Portion(time, time.GetTimestamp(), LongestApart);
        var admissions = people.Count == 0 ? []
            : failure is null ? await enroll.HandleAsync(transaction, entry, people, ct)
            : await enroll.HandleApartAsync(transaction, entry, people, failure, portion, ct);
        foreach (var (profileId, cause) in portion.Failed)
            logger.LogError(
                "Profile {ProfileId} of site {SiteId} cannot be enrolled in journey {JourneyId} and is left out: {Cause}",
                profileId, entry.Journey.SiteId, entry.Journey.JourneyId, RowFault.Describe(cause));
        if (portion.Failed.Count >= EnrollPeople.MostLeftOut)
        {
            // If that many people timed out, the database may be slow. Then the chunk is retried later.
            if (portion.Failed.All(one => one.Failure is RulesTooCostly { InDatabase: not null })
                && !await pace.IsQuickAsync(transaction, entry.Journey.SiteId, ct))
                throw RowFault.ToTryAgain(portion.Failed[0].Failure);

            await transaction.RollbackAsync(Nobody, ct);
            return ChunkResult.Failed($"{Counted.Of(portion.Failed.Count, "person", "people")} could not be enrolled, the first because of {RowFault.Describe(portion.Failed[0].Failure)}");
        }

        // The next chunk continues after the last person tried.
        var tried = admissions.Count + portion.Failed.Count;
        if (tried < people.Count)
            last = people[tried - 1].ProfileId;
        var enrollments = admissions.Where(admission => admission.Created).Select(admission => admission.Enrollment!).ToList();
        var answer = new Proto.ChunkCompleted
        {
            Done = tried,
            Changed = enrollments.Count,
            Total = total,
            NextCursor = last?.ToString() ?? "",
            Last = last is null,
        };
        return new(answer, enrollments);
    }
}
