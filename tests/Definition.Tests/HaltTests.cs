using Grpc.Core;
using Journeys.Definitions.Changes;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions.Tests;

/// <summary>A site is halted and resumed as a whole; its journeys keep their statuses.</summary>
public sealed class HaltTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author admin = definition.As(Guid.CreateVersion7(), Role.Admin);

    string SiteId => admin.SiteId.ToString();

    [Fact]
    public async Task A_halt_says_since_when_by_whom_and_why_until_the_resume()
    {
        var before = await GetAsync();
        var halted = await HaltAsync("Wrong texts");
        var meanwhile = await GetAsync();
        var resumed = await ResumeAsync();

        Assert.False(before.Halted);
        Assert.Equal((true, "me", "Wrong texts"), (halted.Halted, halted.HaltedBy, halted.Reason));
        Assert.NotNull(halted.HaltTime);
        Assert.Equal(halted, meanwhile);
        // There is no Enrollment here that could acknowledge it.
        Assert.False(halted.AppliedEverywhere);
        Assert.Equal(new SiteHalt { SiteId = SiteId }, resumed);
        Assert.Equal([(1, true), (2, false)], (await MessagesAsync()).Select(message => (message.ChangeNo, message.Halted)));
    }

    [Fact]
    public async Task A_repeat_changes_nothing_also_when_many_come_at_once()
    {
        var first = await HaltAsync("first");
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(n => HaltAsync($"later {n}")));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ResumeAsync()));

        Assert.All(answers, answer => Assert.Equal(first, answer));
        Assert.Equal(2, (await MessagesAsync()).Count);
    }

    [Fact]
    public async Task Journeys_keep_their_statuses_and_move_meanwhile()
    {
        var (live, draft) = (await admin.JourneyAsync(Status.Published), await admin.JourneyAsync());
        await HaltAsync("");

        await admin.Journeys.PublishJourneyAsync(new() { Id = draft.Id });
        await admin.Journeys.PauseJourneyAsync(new() { Id = draft.Id });

        Assert.Equal((Status.Published, Status.Paused), ((await admin.GetAsync(live.Id)).Status, (await admin.GetAsync(draft.Id)).Status));
    }

    [Fact]
    public async Task Services_that_missed_it_are_told_the_newest()
    {
        await HaltAsync("");
        await ResumeAsync();
        await HaltAsync("again");

        var changes = await definition.Get<ChangeStore>().ListAsync(admin.SiteId, admin.SiteId, afterNumber: 1, afterVersion: 0, CancellationToken.None);
        var untold = await definition.Get<ChangeStore>().ListUnacknowledgedAsync(TimeSpan.Zero, DateTimeOffset.UtcNow.AddHours(1), 1_000, CancellationToken.None);

        var change = Assert.Single(changes);
        var message = Assert.IsType<JourneysHaltChanged>(await definition.Get<ChangeMessages>().OfAsync(change, CancellationToken.None));
        Assert.Equal((3, true), (message.ChangeNo, message.Halted));
        Assert.Equal(message, (await MessagesAsync())[^1]);
        Assert.Contains(untold, each => each.Id == admin.SiteId && each.Number == 3);
        await definition.Get<ChangeStore>().NoteAsync(admin.SiteId, admin.SiteId, 3, acknowledged: true, now: null, CancellationToken.None);
        Assert.True((await GetAsync()).AppliedEverywhere);
    }

    [Fact]
    public async Task Slow_moves_do_not_keep_a_halt_from_being_told_again()
    {
        var journey = await admin.JourneyAsync(Status.Published);
        await admin.Journeys.PauseJourneyAsync(new() { Id = journey.Id });
        await HaltAsync("");

        var untold = await definition.Get<ChangeStore>().ListUnacknowledgedAsync(TimeSpan.Zero, DateTimeOffset.UtcNow.AddHours(1), 1_000, CancellationToken.None);

        Assert.Equal([admin.SiteId, Guid.Parse(journey.Id)], untold.Select(change => change.Id).Where(id => id == admin.SiteId || id == Guid.Parse(journey.Id)).Distinct());
    }

    [Fact]
    public async Task Only_admins_halt_and_only_their_own_site_and_not_with_a_novel()
    {
        var editor = definition.As(admin.SiteId);

        await Refusal.With(StatusCode.PermissionDenied, "NOT_ALLOWED", editor.Halts.HaltSiteAsync(new() { Id = SiteId }));
        await Refusal.With(StatusCode.PermissionDenied, "NOT_ALLOWED", editor.Halts.ResumeSiteAsync(new() { Id = SiteId }));
        await Refusal.With(StatusCode.NotFound, "SITE_NOT_FOUND", admin.Halts.HaltSiteAsync(new() { Id = $"{Guid.CreateVersion7()}" }));
        await Refusal.OfInput(admin.Halts.HaltSiteAsync(new() { Id = SiteId, Reason = new string('x', 1_001) }), "reason");

        Assert.False((await editor.Halts.GetSiteHaltAsync(new() { Id = SiteId })).Halted);
    }

    async Task<SiteHalt> HaltAsync(string reason) => await admin.Halts.HaltSiteAsync(new() { Id = SiteId, Reason = reason });

    async Task<SiteHalt> ResumeAsync() => await admin.Halts.ResumeSiteAsync(new() { Id = SiteId });

    async Task<SiteHalt> GetAsync() => await admin.Halts.GetSiteHaltAsync(new() { Id = SiteId });

    async Task<IReadOnlyList<JourneysHaltChanged>> MessagesAsync() =>
        [.. (await admin.MessagesAsync()).Where(message => message.Type == nameof(JourneysHaltChanged)).Select(message => JourneysHaltChanged.Parser.ParseFrom(message.Body))];
}
