using Dapper;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core.Interceptors;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Engine;
using Journeys.Enrollments.Jobs;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Progression;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Options.V1;
using Journeys.Protos.Scheduler.V1;
using Definition = Journeys.Protos.Definition.V1;
using Events = Journeys.Protos.Events.V1;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Enrollments.Tests;

/// <summary>One customer's site on the service under test: its clients, and what Definition and Scheduler would tell the service about it.</summary>
public sealed class TestSite(EnrollmentFixture service)
{
    readonly Dictionary<Guid, Events.JourneyState> journeys = [];
    readonly Dictionary<Guid, Timestamp> pauses = [];
    readonly Dictionary<Guid, int> audiences = [];
    int halts;
    CheckedCalls? checks;

    /// <summary>The service that the site is on.</summary>
    public EnrollmentFixture Service => service;

    public Guid Id { get; } = Guid.CreateVersion7();

    public SdkService.SdkServiceClient Sdk => new(As(Access.Types.Role.Person));

    /// <summary>A page of a site that requires user tokens, which has proved to speak for this user; for nobody when empty.</summary>
    public SdkService.SdkServiceClient PageOf(string provenUser) => new(As(Access.Types.Role.Person, provenUser));

    public EnrollmentService.EnrollmentServiceClient Enrollments => new(As(Access.Types.Role.Editor));

    public StopService.StopServiceClient Stops => new(As(Access.Types.Role.Editor));

    public ProfileService.ProfileServiceClient Profiles => new(As(Access.Types.Role.Admin));

    public UserListService.UserListServiceClient Lists => new(As(Access.Types.Role.Editor));

    /// <summary>Signs every call for this site, and looks after it whether what is stored is right.</summary>
    public Grpc.Core.CallInvoker As(Access.Types.Role role, string? provenUser = null) => service.Channel.Intercept(metadata =>
    {
        metadata.Add("authorization", $"Bearer {service.Tokens.Sign(new Caller(Id, "test", role) { ProvenUser = provenUser })}");
        return metadata;
    }).Intercept(checks ??= new(this));

    /// <summary>Enters a journey by the SDK. Everywhere here, a person whose id begins with `visitor` is not identified.</summary>
    public async Task<EnrollResponse> EnterAsync(Guid journeyId, string person) =>
        await Sdk.EnrollAsync(new() { JourneyId = journeyId.ToString(), UserId = UserId(person), AnonymousId = AnonymousId(person) });

    /// <summary>Reports that a person finished the content of a node.</summary>
    public async Task<ReportProgressResponse> ReportAsync(
        Guid journeyId, string person, string nodeId,
        ReportProgressRequest.Types.Outcome outcome = ReportProgressRequest.Types.Outcome.Completed, string data = "{}") =>
        await Sdk.ReportProgressAsync(new()
        {
            JourneyId = journeyId.ToString(),
            UserId = UserId(person),
            AnonymousId = AnonymousId(person),
            NodeId = nodeId,
            Outcome = outcome,
            Data = JsonParser.Default.Parse<Struct>(data),
        });

    /// <summary>Identifies a user, and the visitor that the user turns out to be if one is named.</summary>
    public async Task<IdentifyResponse> IdentifyAsync(string userId, string visitor = "", string traits = "{}") =>
        await Sdk.IdentifyAsync(new() { UserId = userId, AnonymousId = visitor, Traits = JsonParser.Default.Parse<Struct>(traits) });

    /// <summary>A person does something.</summary>
    public async Task<RecordEventsResponse> DoAsync(string person, params string[] events) => await Sdk.RecordEventsAsync(
        new() { UserId = UserId(person), AnonymousId = AnonymousId(person), Events = { events.Select(name => new Event { Name = name }) } });

    public async Task<Enrollment> StopAsync(Guid journeyId, string person) =>
        (await Sdk.StopAsync(new() { JourneyId = journeyId.ToString(), UserId = UserId(person), AnonymousId = AnonymousId(person) })).Enrollment;

    static string UserId(string person) => person.StartsWith("visitor", StringComparison.Ordinal) ? "" : person;

    static string AnonymousId(string person) => UserId(person).Length > 0 ? "" : person;

    /// <summary>Publishes a journey, given as the public JSON without its `name`; again under the same id as its next version.</summary>
    public async Task<Guid> PublishAsync(string design, Guid? journeyId = null)
    {
        var id = journeyId ?? Guid.CreateVersion7();
        await Apply.PublishedAsync(Published(id, design), CancellationToken.None);
        return id;
    }

    /// <summary>The news that the next version of a journey is live, not yet told.</summary>
    /// <param name="journeyId">The journey.</param>
    /// <param name="design">Its next version.</param>
    /// <param name="paused">Whether the journey is paused and stays so.</param>
    public Events.JourneyPublished Published(Guid journeyId, string design, bool paused = false)
    {
        var state = Move(journeyId, paused ? Status.Paused : Status.Published);
        state.Version++;
        return new()
        {
            State = state.Clone(),
            Version = new()
            {
                JourneyId = journeyId.ToString(),
                Version_ = state.Version,
                Design = JsonParser.Default.Parse<Definition.Design>(design),
                PublishTime = state.Time,
            },
        };
    }

    public Task PauseAsync(Guid journeyId) => Apply.PausedAsync(new() { State = Move(journeyId, Status.Paused).Clone() }, CancellationToken.None);

    public Task ResumeAsync(Guid journeyId, Definition.Journey.Types.PausePolicy? policy = null) =>
        Apply.ResumedAsync(Resumed(journeyId, policy), CancellationToken.None);

    /// <summary>The news that a journey is resumed, not yet told.</summary>
    public Events.JourneyResumed Resumed(Guid journeyId, Definition.Journey.Types.PausePolicy? policy = null)
    {
        var state = Move(journeyId, Status.Published);
        if (policy is { Timers: Definition.Journey.Types.PausePolicy.Types.Timers.Freeze })
            state.FrozenPauses.Add(new Events.JourneyState.Types.FrozenPause { PauseTime = pauses[journeyId], ResumeTime = state.Time });
        return new() { State = state.Clone(), Policy = policy };
    }

    public Task ArchiveAsync(Guid journeyId) => Apply.ArchivedAsync(new() { State = Move(journeyId, Status.Archived).Clone() }, CancellationToken.None);

    public Task RestoreAsync(Guid journeyId) => Apply.RestoredAsync(new() { State = Move(journeyId, Status.Draft).Clone() }, CancellationToken.None);

    /// <summary>Halts the site, or lets it go on.</summary>
    public Task HaltAsync(bool halted = true) => Apply.JourneysHaltChangedAsync(Halted(halted), CancellationToken.None);

    /// <summary>The news that the site is halted, or goes on; not yet told.</summary>
    public Events.JourneysHaltChanged Halted(bool halted) =>
        new() { SiteId = Id.ToString(), ChangeNo = ++halts, Halted = halted, Time = service.Clock.GetUtcNow().ToTimestamp() };

    /// <summary>The state of a journey after one more move, not yet told.</summary>
    public Events.JourneyState Move(Guid journeyId, Status status)
    {
        if (!journeys.TryGetValue(journeyId, out var state))
            journeys[journeyId] = state = new() { SiteId = Id.ToString(), JourneyId = journeyId.ToString() };
        state.ChangeNo++;
        state.Status = status;
        state.Time = service.Clock.GetUtcNow().ToTimestamp();
        if (status == Status.Paused)
            pauses[journeyId] = state.Time;
        return state;
    }

    /// <summary>Makes an audience of a rule given as the public JSON; again under the same id to change it.</summary>
    public async Task<Guid> AudienceAsync(string rule, Guid? audienceId = null)
    {
        var id = audienceId ?? Guid.CreateVersion7();
        var revision = audiences[id] = audiences.GetValueOrDefault(id) + 1;
        await Apply.AudienceChangedAsync(Audience(id, revision, rule), CancellationToken.None);
        return id;
    }

    /// <summary>The news of an audience, not yet told.</summary>
    public Events.AudienceChanged Audience(Guid audienceId, int revision, string rule) => new()
    {
        SiteId = Id.ToString(),
        AudienceId = audienceId.ToString(),
        Revision = revision,
        Name = "Audience",
        Rule = JsonParser.Default.Parse<Protos.Rule.V1.Rule>(rule),
    };

    /// <summary>Sends a message to every service that runs, as Definition's outbox does.</summary>
    public Task TellAllAsync(IMessage message) => service.Get<IMessagePublisher>().PublishAsync(message, Guid.CreateVersion7(), CancellationToken.None);

    /// <summary>The same news of a journey, but of this site.</summary>
    public IMessage Own(IMessage news)
    {
        var field = news.Descriptor.FindFieldByName("state");
        var own = news.Descriptor.Parser.ParseFrom(news.ToByteString());
        ((Events.JourneyState)field.Accessor.GetValue(own)).SiteId = Id.ToString();
        return own;
    }

    /// <summary>What the service takes over from Definition.</summary>
    public ApplyJourneyChange Apply => service.Get<ApplyJourneyChange>();

    /// <summary>Moves the clock and sends every timer that was ever asked for and is due by then, old ones again: repeats must not matter.</summary>
    /// <returns>How many enrollments moved.</returns>
    public async Task<int> PassAsync(TimeSpan time)
    {
        service.Clock.Advance(time);
        var due = (await SentAsync<Events.TimersRequested>())
            .SelectMany(message => message.Timers)
            .Where(timer => timer.SiteId == Id.ToString() && timer.DueTime.ToDateTimeOffset() <= service.Clock.GetUtcNow())
            .OrderBy(timer => timer.DueTime)
            .Select(timer => new SignalDelivery(Id, Guid.Parse(timer.EnrollmentId), new Signal.TimerElapsed(timer.VisitNo)))
            .ToList();
        var moved = await service.Get<AdvanceEnrollments>().HandleAsync(due, CancellationToken.None);
        await StoredState.CheckAsync(service, Id);
        return moved;
    }

    /// <summary>The messages of one type that the service sent, of all sites, oldest first.</summary>
    public async Task<IReadOnlyList<T>> SentAsync<T>()
        where T : IMessage<T>, new()
    {
        var parser = new MessageParser<T>(() => new T());
        await using var connection = await service.Database.OpenConnectionAsync();
        var bodies = await connection.QueryAsync<byte[]>(
            "select body from enrollment.outbox where message_type = @type order by created_at, outbox_id", new { type = new T().Descriptor.FullName });
        return [.. bodies.Select(parser.ParseFrom)];
    }

    /// <summary>Has the service do a job chunk by chunk, as the Scheduler would. Returns how many people were changed.</summary>
    public async Task<int> RunJobAsync(Job.Types.Kind kind, Guid journeyId, string subjectId = "", int limit = 500)
    {
        var chunk = new Events.ChunkRequested
        {
            JobId = Guid.CreateVersion7().ToString(),
            SiteId = Id.ToString(),
            Kind = kind,
            JourneyId = journeyId.ToString(),
            SubjectId = subjectId,
            Limit = limit,
        };
        for (var changed = 0; ;)
        {
            chunk.ChunkNo++;
            await service.Get<ProcessChunk>().HandleAsync(chunk, CancellationToken.None);
            var answer = (await SentAsync<Events.ChunkCompleted>()).Single(answer => answer.JobId == chunk.JobId && answer.ChunkNo == chunk.ChunkNo);
            Assert.Equal("", answer.Error);
            changed += answer.Changed;
            await StoredState.CheckAsync(service, Id);
            if (answer.Last)
                return changed;
            chunk.Cursor = answer.NextCursor;
        }
    }

    /// <summary>Everything that was ever an enrollment of the journey, by time of entry, then by person and attempt.</summary>
    public async Task<IReadOnlyList<Enrollment>> EnrollmentsAsync(Guid journeyId)
    {
        var answer = await Enrollments.ListEnrollmentsAsync(new() { JourneyId = journeyId.ToString(), PageSize = 200 });
        return
        [
            .. answer.Enrollments
                .OrderBy(enrollment => enrollment.EnterTime)
                .ThenBy(enrollment => enrollment.UserId, StringComparer.Ordinal)
                .ThenBy(enrollment => enrollment.AnonymousId, StringComparer.Ordinal)
                .ThenBy(enrollment => enrollment.Attempt),
        ];
    }

    /// <summary>The nodes that an enrollment visited, in order.</summary>
    public async Task<IReadOnlyList<string>> NodesAsync(Enrollment enrollment)
    {
        var answer = await Enrollments.ListVisitsAsync(new() { JourneyId = enrollment.JourneyId, EnrollmentId = enrollment.Id, PageSize = 200 });
        return [.. answer.Visits.Select(visit => visit.NodeId)];
    }
}
