using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Copies;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Lifecycle;
using Journeys.Enrollments.Analytics;
using Journeys.Enrollments.Erasure;
using Journeys.Enrollments.Jobs;
using Journeys.Enrollments.Repair;
using Journeys.Scheduling;

namespace Journeys.Simulations;

/// <summary>A chore of a service that a loop would run.</summary>
/// <param name="Service">Whose it is.</param>
/// <param name="Name">How traces name it.</param>
/// <param name="Weight">How often it comes, compared with others.</param>
/// <param name="Of">The chore of a replica.</param>
sealed record Chore(Service Service, string Name, int Weight, Func<Replica, IChore> Of)
{
    static Chore Make<T>(Service service, int weight)
        where T : IChore => new(service, typeof(T).Name, weight, replica => replica.Get<T>());

    /// <summary>All chores that change something.</summary>
    public static IReadOnlyList<Chore> All { get; } =
    [
        Make<OutboxRelay>(Service.Definition, 4),
        Make<TellEnrollment>(Service.Definition, 2),
        Make<ResumeDueJourneys>(Service.Definition, 1),
        Make<RetryFailedMessages>(Service.Definition, 1),
        Make<OutboxRelay>(Service.Enrollment, 12),
        Make<RetryFailedMessages>(Service.Enrollment, 3),
        Make<Watchdog>(Service.Enrollment, 1),
        Make<FoldTallies>(Service.Enrollment, 1),
        Make<RetrySetAside>(Service.Enrollment, 1),
        Make<FinishArchiving>(Service.Enrollment, 1),
        Make<StartErasures>(Service.Enrollment, 1),
        Make<FinishRedactions>(Service.Enrollment, 1),
        Make<ForgetChunks>(Service.Enrollment, 1),
        Make<CompareWithDefinition>(Service.Enrollment, 1),
        Make<OutboxRelay>(Service.Scheduler, 5),
        Make<RetryFailedMessages>(Service.Scheduler, 2),
        Make<SendDueTimers>(Service.Scheduler, 10),
        Make<SendChunks>(Service.Scheduler, 4),
        Make<ReleaseTimers>(Service.Scheduler, 2),
        Make<StartSweeps>(Service.Scheduler, 1),
        Make<CompareWithDefinition>(Service.Scheduler, 1),
    ];

    /// <summary>The chores that no seed runs, and why.</summary>
    static readonly Dictionary<string, string> NotRun = new()
    {
        ["CountOldReports"] = "counts what the previous release stored",
        ["DeadLetterMeter"] = "only measures",
        ["DrainErrorQueues"] = "error queues are RabbitMQ's",
        ["FindOwners"] = "only repairs, and would hide what is lost",
        ["ForgetRequests"] = "deletes what is a day old, and a run is shorter",
        ["ForgetSimulations"] = "no seed simulates a population",
        ["OutboxMeter"] = "only measures",
        ["PositionSubscriptions"] = "tells who watches, and nobody does",
        ["RunSimulations"] = "no seed simulates a population",
        ["UnreadableRows"] = "only measures",
        ["WaitsMeter"] = "only measures",
    };

    /// <summary>Whether a chore is run by seeds, or it is said why it is not.</summary>
    public static bool IsKnown(Type chore) => NotRun.ContainsKey(chore.Name) || All.Any(known => known.Name == chore.Name);

    public static Chore Find<T>(Service service)
        where T : IChore => All.Single(chore => chore.Service == service && chore.Name == typeof(T).Name);
}
