using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Lifecycle;
using Journeys.Protos.Definition.V1;
using Journeys.Testing;
using Events = Journeys.Protos.Events.V1;
using Late = Journeys.Protos.Definition.V1.Journey.Types.PausePolicy.Types.Late;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;
using Timers = Journeys.Protos.Definition.V1.Journey.Types.PausePolicy.Types.Timers;

namespace Journeys.Definitions.Tests;

/// <summary>A pause has somebody who made it, a reason, and an end where one is given.</summary>
public sealed class PauseTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author author = definition.NewSite();

    static Timestamp InADay => DateTimeOffset.UtcNow.AddDays(1).ToTimestamp();

    [Fact]
    public async Task A_pause_says_since_when_by_whom_why_and_until_when_until_the_resume()
    {
        var journey = await author.JourneyAsync(Status.Published);
        var until = InADay;

        var paused = await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, Reason = "Wrong\ntexts", ResumeTime = until });
        var read = await author.GetAsync(journey.Id);
        var published = await author.Journeys.PublishJourneyAsync(new() { Id = journey.Id });
        var resumed = await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id });
        var again = await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id });

        Assert.Null(journey.Pause);
        Assert.Equal(("me", "Wrong\ntexts", paused.UpdateTime), (paused.Pause.PausedBy, paused.Pause.Reason, paused.Pause.PauseTime));
        // The database keeps microseconds.
        Assert.InRange(until.ToDateTimeOffset() - paused.Pause.ResumeTime.ToDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromMicroseconds(1));
        Assert.Equal(paused, read);
        Assert.Equal(paused.Pause, published.Pause);
        Assert.Null(resumed.Pause);
        Assert.Equal(("", null), (again.Pause.Reason, again.Pause.ResumeTime));
    }

    [Fact]
    public async Task The_reason_and_the_end_of_a_pause_can_be_changed_and_its_begin_stays()
    {
        var journey = await author.JourneyAsync(Status.Published);
        var paused = await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, Reason = "Wrong texts" });

        var changed = await author.Journeys.UpdatePauseAsync(new() { Id = journey.Id, Reason = "Texts are checked", ResumeTime = InADay });
        var read = await author.GetAsync(journey.Id);
        var cleared = await author.Journeys.UpdatePauseAsync(new() { Id = journey.Id });

        Assert.Equal((paused.Pause.PauseTime, "me"), (changed.Pause.PauseTime, changed.Pause.PausedBy));
        Assert.Equal("Texts are checked", changed.Pause.Reason);
        Assert.NotNull(changed.Pause.ResumeTime);
        Assert.Equal(changed, read);
        Assert.Equal(("", null), (cleared.Pause.Reason, cleared.Pause.ResumeTime));
        Assert.Single(await author.MessagesAsync(), message => message.Type == "JourneyPaused");
    }

    [Fact]
    public async Task Late_people_are_treated_as_the_resume_says_or_else_as_the_pause_does()
    {
        var journey = await author.JourneyAsync(Status.Published);
        var leave = new Journey.Types.PausePolicy
        {
            Timers = Timers.RunAndHold,
            Late = Late.Exit,
            LateAfter = TimeSpan.FromDays(1).ToDuration(),
        };
        var skip = new Journey.Types.PausePolicy { Timers = Timers.RunAndHold, Late = Late.Skip, LateAfter = new() };

        var paused = await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, Policy = leave });
        await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id });
        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id });
        var changed = await author.Journeys.UpdatePauseAsync(new() { Id = journey.Id, Policy = leave });
        await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id, Policy = skip });
        var again = await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, Policy = leave });
        await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id, Policy = new() { Late = Late.CatchUp } });
        var last = await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id });

        Assert.Equal([leave, leave, leave, null], new[] { paused, changed, again, last }.Select(one => one.Pause.Policy));
        var sent = (await author.MessagesAsync()).Where(message => message.Type == "JourneyResumed").Select(message => Events.JourneyResumed.Parser.ParseFrom(message.Body));
        Assert.Equal([leave, skip, null], sent.Select(message => message.Policy));
        // Whoever missed them, or did not acknowledge them, hears the same.
        var changes = definition.Get<ChangeStore>();
        var missed = await changes.ListAsync(author.SiteId, Guid.Parse(journey.Id), afterNumber: 0, afterVersion: 0, CancellationToken.None);
        var untold = await changes.ListUnacknowledgedAsync(TimeSpan.Zero, DateTimeOffset.UtcNow.AddHours(1), 1_000, CancellationToken.None);
        Assert.Equal([leave, skip, null], await PoliciesAsync(missed));
        Assert.Equal([leave, skip, null], await PoliciesAsync(untold.Where(change => change.Id == Guid.Parse(journey.Id)).OrderBy(change => change.Number)));

        async Task<List<Journey.Types.PausePolicy?>> PoliciesAsync(IEnumerable<ChangeRow> of)
        {
            var policies = new List<Journey.Types.PausePolicy?>();
            foreach (var change in of)
            {
                if (await definition.Get<ChangeMessages>().OfAsync(change, CancellationToken.None) is Events.JourneyResumed resumed)
                    policies.Add(resumed.Policy);
            }

            return policies;
        }
    }

    [Fact]
    public async Task What_a_resume_does_not_say_of_waits_and_late_people_is_as_the_pause_says()
    {
        var journey = await author.JourneyAsync(Status.Published);
        var ofPause = new Journey.Types.PausePolicy
        {
            Timers = Timers.Freeze,
            Late = Late.Exit,
            LateAfter = new() { Seconds = 60 },
            ReleasePerSecond = 50,
        };
        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, Policy = ofPause });
        await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id, Policy = new() { Late = Late.Skip } });
        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, Policy = ofPause });
        await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id, Policy = new() { ReleasePerSecond = 7 } });

        var sent = (await author.MessagesAsync()).Where(message => message.Type == "JourneyResumed").Select(message => Events.JourneyResumed.Parser.ParseFrom(message.Body));
        var skip = new Journey.Types.PausePolicy { Timers = Timers.Freeze, Late = Late.Skip, LateAfter = new() };
        Assert.Equal([skip, new(ofPause) { ReleasePerSecond = 7 }], sent.Select(message => message.Policy));
    }

    [Fact]
    public async Task Waits_stop_only_so_often_and_a_pause_that_began_can_always_end()
    {
        var journey = await author.JourneyAsync(Status.Published);
        var freeze = new Journey.Types.PausePolicy { Timers = Timers.Freeze };
        await ExecuteAsync($"""
            insert into definition.move (site_id, journey_id, change_no, kind, version, paused, moved_at, timers, paused_at)
            select '{author.SiteId}', '{journey.Id}', 1_000_000 + n, 'RESUMED', 1, false, now() - n * interval '1 hour', 'FREEZE', now() - n * interval '61 minutes'
            from generate_series(1, 999) as n
            """);

        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, Policy = freeze });
        await author.Journeys.UpdatePauseAsync(new() { Id = journey.Id, Policy = freeze });
        await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id });

        await RefusedAsync(author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, Policy = freeze }));
        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id });
        await RefusedAsync(author.Journeys.UpdatePauseAsync(new() { Id = journey.Id, Policy = freeze }));
        await RefusedAsync(author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id, Policy = freeze }));
        Assert.Equal(Status.Published, (await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id })).Status);

        static async Task RefusedAsync(AsyncUnaryCall<Journey> call) =>
            await Refusal.With(StatusCode.FailedPrecondition, "TOO_MANY_PAUSES", call);
    }

    [Fact]
    public async Task Waits_cannot_stop_during_a_pause_of_which_nobody_knows_when_it_began()
    {
        var journey = await author.JourneyAsync(Status.Published);
        var freeze = new Journey.Types.PausePolicy { Timers = Timers.Freeze };
        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id });
        await ExecuteAsync($"update definition.journey set paused_at = null where journey_id = '{journey.Id}'");

        await Refusal.OfInput(author.Journeys.UpdatePauseAsync(new() { Id = journey.Id, Policy = freeze }), "policy.timers");
        await Refusal.OfInput(author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id, Policy = freeze }), "policy.timers");

        await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id });
    }

    [Fact]
    public async Task Every_later_move_says_during_which_pauses_waits_stopped()
    {
        var journey = await author.JourneyAsync(Status.Published);
        var given = new Journey.Types.PausePolicy { Timers = Timers.Freeze, ReleasePerSecond = 50 };
        var freeze = new Journey.Types.PausePolicy(given) { Late = Late.CatchUp, LateAfter = new() };

        var first = await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, Policy = given });
        var afterFirst = await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id });
        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, Policy = freeze });
        var ranOn = await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id, Policy = new() { Timers = Timers.RunAndHold } });
        var second = await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id });
        var afterSecond = await author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id, Policy = freeze });
        await author.Journeys.PublishJourneyAsync(new() { Id = journey.Id });

        Assert.Equal(freeze, first.Pause.Policy);
        Assert.Null(ranOn.Pause);
        var frozen = new[] { (first.UpdateTime, afterFirst.UpdateTime), (second.UpdateTime, afterSecond.UpdateTime) };
        var sent = (await author.MessagesAsync())
            .Where(message => message.Type == "JourneyResumed")
            .Select(message => Events.JourneyResumed.Parser.ParseFrom(message.Body))
            .ToList();
        Assert.Equal([frozen[..1], frozen[..1], frozen], sent.Select(message => PausesOf(message.State)));
        Assert.Equal([freeze, null, freeze], sent.Select(message => message.Policy));
        // Whoever missed them hears the same.
        var missed = await definition.Get<ChangeStore>()
            .ListAsync(author.SiteId, Guid.Parse(journey.Id), afterNumber: 5, afterVersion: 0, CancellationToken.None);
        foreach (var change in missed.Where(change => change.Number > 6))
        {
            var state = await definition.Get<ChangeMessages>().OfAsync(change, CancellationToken.None) switch
            {
                Events.JourneyResumed resumed => resumed.State,
                var published => Assert.IsType<Events.JourneyPublished>(published).State,
            };
            Assert.Equal(frozen, PausesOf(state));
        }

        static (Timestamp, Timestamp)[] PausesOf(Events.JourneyState state) =>
            [.. state.FrozenPauses.Select(pause => (pause.PauseTime, pause.ResumeTime))];
    }

    [Theory]
    [InlineData(9, 0, "policy.late")]
    [InlineData(0, 60, "policy.late")]
    [InlineData(2, -1, "policy.lateAfter")]
    [InlineData(1, 401 * 86_400, "policy.lateAfter")]
    [InlineData(1, 0, "policy.timers", 9)]
    [InlineData(1, 0, "policy.releasePerSecond", 0, 0)]
    [InlineData(1, 0, "policy.releasePerSecond", 0, 5_001)]
    public async Task A_policy_that_is_none_changes_nothing(int late, long seconds, string field, int timers = 0, int rate = 1)
    {
        var journey = await author.JourneyAsync(Status.Paused);
        var policy = new Journey.Types.PausePolicy { Timers = (Timers)timers, Late = (Late)late, LateAfter = new() { Seconds = seconds } };
        if (rate != 1)
            policy.ReleasePerSecond = rate;

        await Refusal.OfInput(author.Journeys.ResumeJourneyAsync(new() { Id = journey.Id, Policy = policy }), field);
        await Refusal.OfInput(author.Journeys.UpdatePauseAsync(new() { Id = journey.Id, Policy = policy }), field);

        Assert.Equal(await author.GetAsync(journey.Id), journey);
    }

    [Theory]
    [InlineData(Status.Draft)]
    [InlineData(Status.Published)]
    [InlineData(Status.Archived)]
    public async Task A_journey_that_is_not_paused_has_no_pause_to_change(Status status)
    {
        var journey = await author.JourneyAsync(status);

        await Refusal.With(StatusCode.FailedPrecondition, "ILLEGAL_MOVE", author.Journeys.UpdatePauseAsync(new() { Id = journey.Id, Reason = "Why" }));

        Assert.Null((await author.GetAsync(journey.Id)).Pause);
    }

    [Fact]
    public async Task A_pause_ends_at_its_time_although_several_replicas_look()
    {
        var journey = await author.JourneyAsync(Status.Published);
        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, ResumeTime = InADay });
        var later = await author.JourneyAsync(Status.Published);
        await author.Journeys.PauseJourneyAsync(new() { Id = later.Id, ResumeTime = InADay });

        await EndAsync(journey.Id);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => definition.Get<ResumeDueJourneys>().RunOnceAsync(CancellationToken.None)));

        var resumed = await author.GetAsync(journey.Id);
        Assert.Equal((Status.Published, null), (resumed.Status, resumed.Pause));
        Assert.Equal(Status.Paused, (await author.GetAsync(later.Id)).Status);
        Assert.Single(await author.MessagesAsync(), message => message.Type == "JourneyResumed");
    }

    [Fact]
    public async Task A_running_service_ends_a_pause()
    {
        var journey = await author.JourneyAsync(Status.Published);

        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, ResumeTime = InADay });
        await EndAsync(journey.Id);

        await Eventually.Equal(Status.Published, async () => (await author.GetAsync(journey.Id)).Status, "the status");
    }

    [Fact]
    public async Task Whoever_changes_the_end_at_the_last_moment_is_heard()
    {
        var journey = await author.JourneyAsync(Status.Published);
        var paused = await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, ResumeTime = InADay });
        await author.Journeys.UpdatePauseAsync(new() { Id = journey.Id });

        var isResumed = await definition.Get<ResumeDueJourneys>().ResumeAsync(
            author.SiteId, Guid.Parse(journey.Id), paused.Pause.ResumeTime.ToDateTimeOffset(), CancellationToken.None);

        Assert.False(isResumed);
        Assert.Equal(Status.Paused, (await author.GetAsync(journey.Id)).Status);
    }

    [Fact]
    public async Task One_that_cannot_be_resumed_holds_up_no_other()
    {
        var (broken, journey) = (await author.JourneyAsync(Status.Published), await author.JourneyAsync(Status.Published));
        await author.Journeys.PauseJourneyAsync(new() { Id = broken.Id, ResumeTime = InADay });
        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, ResumeTime = InADay });
        await ExecuteAsync($"""
            create function refuse_resume() returns trigger language plpgsql as $$ begin raise exception 'as the test wants it'; end $$;
            create trigger refuse_resume before insert on definition.outbox for each row when (position('{broken.Id}'::bytea in new.body) > 0)
            execute function refuse_resume();
            """);

        await EndAsync(broken.Id);
        await EndAsync(journey.Id);
        await definition.Get<ResumeDueJourneys>().RunOnceAsync(CancellationToken.None);
        var meanwhile = (await author.GetAsync(broken.Id)).Status;
        await ExecuteAsync("drop trigger refuse_resume on definition.outbox");
        await definition.Get<ResumeDueJourneys>().RunOnceAsync(CancellationToken.None);

        Assert.Equal((Status.Paused, Status.Published), (meanwhile, (await author.GetAsync(journey.Id)).Status));
        Assert.Equal(Status.Published, (await author.GetAsync(broken.Id)).Status);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_and_changes_nothing()
    {
        var (live, paused) = (await author.JourneyAsync(Status.Published), await author.JourneyAsync(Status.Paused));
        var (past, far) = (DateTimeOffset.UtcNow.AddSeconds(-1).ToTimestamp(), DateTimeOffset.UtcNow.AddDays(401).ToTimestamp());
        var novel = new string('x', 1_001);

        await Refusal.OfInput(author.Journeys.PauseJourneyAsync(new() { Id = live.Id, ResumeTime = past }), "resumeTime");
        await Refusal.OfInput(author.Journeys.PauseJourneyAsync(new() { Id = live.Id, ResumeTime = far }), "resumeTime");
        await Refusal.OfInput(author.Journeys.PauseJourneyAsync(new() { Id = live.Id, Reason = novel }), "reason");
        await Refusal.OfInput(author.Journeys.UpdatePauseAsync(new() { Id = paused.Id, ResumeTime = past }), "resumeTime");
        await Refusal.OfInput(author.Journeys.UpdatePauseAsync(new() { Id = paused.Id, ResumeTime = far }), "resumeTime");
        await Refusal.OfInput(author.Journeys.UpdatePauseAsync(new() { Id = paused.Id, Reason = novel }), "reason");

        Assert.Equal(live, await author.GetAsync(live.Id));
        Assert.Equal(paused, await author.GetAsync(paused.Id));
    }

    [Fact]
    public async Task A_repeat_after_the_end_of_the_pause_is_answered_as_a_repeat()
    {
        var journey = await author.JourneyAsync(Status.Published);
        var request = new PauseJourneyRequest { Id = journey.Id, RequestId = "once", ResumeTime = DateTimeOffset.UtcNow.AddSeconds(10).ToTimestamp() };
        await author.Journeys.PauseJourneyAsync(request);
        await Eventually.Equal(Status.Published, async () => (await author.GetAsync(journey.Id)).Status, "the status");

        var repeated = await author.Journeys.PauseJourneyAsync(request);

        Assert.Equal(Status.Published, repeated.Status);
    }

    [Fact]
    public async Task A_replica_of_the_release_before_that_resumes_leaves_no_end_to_the_next_pause()
    {
        var journey = await author.JourneyAsync(Status.Published);
        await author.Journeys.PauseJourneyAsync(new() { Id = journey.Id, Reason = "Wrong texts", ResumeTime = InADay });

        await ExecuteAsync($"update definition.journey set status = 'PUBLISHED' where journey_id = '{journey.Id}'");
        await ExecuteAsync($"update definition.journey set status = 'PAUSED' where journey_id = '{journey.Id}'");

        Assert.Null((await author.GetAsync(journey.Id)).Pause);
    }

    Task EndAsync(string journeyId) =>
        ExecuteAsync($"update definition.journey set resume_at = now() - interval '1 second' where journey_id = '{journeyId}'");

    async Task ExecuteAsync(string sql)
    {
        await using var command = definition.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
