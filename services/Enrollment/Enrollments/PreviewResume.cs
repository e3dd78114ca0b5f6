using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.Enrollments.Journeys;
using Journeys.Protos;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Enrollments;

/// <summary>Tells what a resume of a journey would cause, and changes nothing.</summary>
public sealed class PreviewResume(ResumeQueries queries, JourneyCatalog catalog)
{
    /// <summary>Counts the people inside, and those for whom the policy makes a difference.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="journeyId">The journey.</param>
    /// <param name="policy">The policy of the resume; null if everything is as by default.</param>
    /// <param name="perSecond">At most how many people a second would continue; null if that is not known.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<Proto.ResumePreview> HandleAsync(
        Guid siteId, Guid journeyId, PausePolicy? policy, int? perSecond, CancellationToken ct)
    {
        var held = await queries.CountHeldAsync(siteId, journeyId, ct);
        var people = await queries.ListAsync(siteId, journeyId, policy?.LateAfter ?? TimeSpan.Zero, ct);
        // A wait that would be longer takes its turn too.
        var seconds = Math.Ceiling((double)people.Sum(some => some.Overdue) / (perSecond ?? 1));
        var extended = 0;
        if (policy is { Freezes: true })
            (people, extended) = await ThawAsync(siteId, journeyId, people, ct);

        var late = people.Where(some => some.WaitingFor != WaitingFor.Parked.Text()).Sum(some => some.Late);
        return new()
        {
            Nodes =
            {
                people.GroupBy(some => some.NodeId)
                    .Select(NodeOf)
                    .OrderByDescending(node => node.Inside)
                    .ThenBy(node => node.NodeId, StringComparer.Ordinal),
            },
            HeldReports = held.Reports,
            HeldEvents = held.Events,
            Skipped = policy?.Late == Late.Skip.Text() ? late : 0,
            Ended = policy?.Late == Late.Exit.Text() ? late : 0,
            Extended = extended,
            TakesAbout = perSecond is null ? null : TimeSpan.FromSeconds(seconds).ToDuration(),
        };
    }

    // Returns the people as they would be if waits had stopped, and the number of waits that would end later.
    async Task<(IReadOnlyList<RestingPeople> People, int Extended)> ThawAsync(
        Guid siteId, Guid journeyId, IReadOnlyList<RestingPeople> people, CancellationToken ct)
    {
        var (thawed, extended) = (new List<RestingPeople>(), 0);
        foreach (var some in people)
        {
            var (journey, _) = await catalog.ReadableVersionAsync(siteId, journeyId, some.Version, ct);
            var node = journey.Find(some.NodeId);
            if (!some.WereWaiting || some.WaitingFor == WaitingFor.Parked.Text() || node is WaitNode { Wait: DateWait or TraitDateWait })
            {
                thawed.Add(some);
                continue;
            }

            // Of local times only those that passed are later.
            extended += node is WaitNode { Wait: LocalTimeWait } ? some.Overdue : some.Inside;
            thawed.Add(some with { OverdueHour = 0, OverdueDay = 0, OverdueWeek = 0, OverdueMore = 0, Late = 0 });
        }

        return (thawed, extended);
    }

    static Proto.ResumePreview.Types.Node NodeOf(IGrouping<string, RestingPeople> people) => new()
    {
        NodeId = people.Key,
        Inside = people.Sum(some => some.Inside),
        OverdueHour = people.Sum(some => some.OverdueHour),
        OverdueDay = people.Sum(some => some.OverdueDay),
        OverdueWeek = people.Sum(some => some.OverdueWeek),
        OverdueMore = people.Sum(some => some.OverdueMore),
    };
}
