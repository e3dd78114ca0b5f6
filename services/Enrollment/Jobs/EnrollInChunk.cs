using Journeys.BuildingBlocks.Databases;
using Journeys.Engine;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Npgsql;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Enrollments.Jobs;

/// <summary>Lets the people of one chunk in.</summary>
public sealed class EnrollInChunk(EnrollPeople enroll, TimeProvider time, ILogger<EnrollInChunk> logger)
{
    // A pause waits for those who are let in: no statement that lets in all of them together takes longer than the first, and those who are tried one by one
    // are so many as take the second.
    static readonly TimeSpan LongestTogether = TimeSpan.FromSeconds(5);
    static readonly TimeSpan LongestApart = TimeSpan.FromSeconds(3);

    // A savepoint.
    const string Nobody = "nobody";

    /// <summary>
    /// Enrolls them. Whoever cannot be enrolled is left out when they are handled apart; too many of those fail the job. Where those before them take
    /// long, the last of them are left to the next chunk.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="entry">How they come in.</param>
    /// <param name="people">The people, by profile id.</param>
    /// <param name="last">The profile behind which the next chunk begins; null when this is the last one.</param>
    /// <param name="total">How many there are in the whole job; 0 when it is not known.</param>
    /// <param name="failure">Why they could not be enrolled together; null at the first try.</param>
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
            // So many who are slow may be the database's fault, not theirs: then the chunk is done again later.
            if (portion.Failed.All(one => one.Failure is RulesTooCostly { InDatabase: not null })
                && !await DatabasePace.IsQuickAsync(transaction, entry.Journey.SiteId, ct))
                throw RowFault.ToTryAgain(portion.Failed[0].Failure);

            await transaction.RollbackAsync(Nobody, ct);
            return ChunkResult.Failed($"{Counted.Of(portion.Failed.Count, "person", "people")} could not be enrolled, the first because of {RowFault.Describe(portion.Failed[0].Failure)}");
        }

        // The next chunk goes on behind them.
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
