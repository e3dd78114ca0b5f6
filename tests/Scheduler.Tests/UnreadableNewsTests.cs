using Google.Protobuf;
using Journeys.BuildingBlocks.Failures;
using Journeys.Protos.Definition.V1;
using Proto = Journeys.Protos.Events.V1;

namespace Journeys.Scheduling.Tests;

/// <summary>News that lacks a part can be read, but nobody can do anything with it: it is a dead letter at once.</summary>
public sealed class UnreadableNewsTests(SchedulerUnderTest scheduler) : IClassFixture<SchedulerUnderTest>
{
    static readonly Proto.JourneyState State = new()
    {
        SiteId = $"{Guid.NewGuid()}",
        JourneyId = $"{Guid.NewGuid()}",
        ChangeNo = 1,
        Status = Journey.Types.Status.Published,
    };

    public static TheoryData<IMessage> Incomplete =>
    [
        new Proto.JourneyPublished(), new Proto.JourneyPublished { State = State }, new Proto.JourneyPublished { State = State, Version = new() { Version_ = 1 } },
        new Proto.JourneyPaused(), new Proto.JourneyResumed(), new Proto.JourneyArchived(), new Proto.JourneyRestored(), new Proto.AudienceChanged(), new Proto.JourneysHaltChanged(),
        new Proto.JourneyPaused { State = Without(state => state.Status = default) }, new Proto.JourneyPaused { State = Without(state => state.Status = (Journey.Types.Status)99) },
        new Proto.JourneyPublished { State = State, Version = new() { Design = new() } },
    ];

    [Theory]
    [MemberData(nameof(Incomplete))]
    public async Task It_is_refused_for_good(IMessage news)
    {
        var refusal = await Assert.ThrowsAnyAsync<Exception>(() => scheduler.Get<ApplyJourneyChange>().HandleAsync(news, CancellationToken.None));

        Assert.Equal(Fault.Final, Faults.Of(refusal));
    }

    // Definition knows no number of publications from before it kept changes.
    [Fact]
    public async Task A_publication_without_a_number_is_taken()
    {
        var version = new Proto.JourneyPublished { State = Without(state => state.ChangeNo = 0), Version = new() { Version_ = 1, Design = new(), PublishTime = new() } };

        await scheduler.Get<ApplyJourneyChange>().HandleAsync(version, CancellationToken.None);
    }

    static Proto.JourneyState Without(Action<Proto.JourneyState> change)
    {
        var state = State.Clone();
        state.Time = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow);
        change(state);
        return state;
    }
}
