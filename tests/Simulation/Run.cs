using Dapper;
using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Messages;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.Definitions.Lifecycle;
using Journeys.Enrollments.Erasure;
using Journeys.Enrollments.Repair;
using Journeys.Protos.Definition.V1;
using Journeys.Scheduling;
using Events = Journeys.Protos.Events.V1;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace Journeys.Simulations;

/// <summary>One seed: people walk while everything breaks, then it stops breaking, and all that is under way comes to its end.</summary>
sealed class Run
{
    const int MostRounds = 400;

    // In which what is rare breaks although nothing else does any more.
    const int BreakingRounds = 8;

    // Few seeds come to these while everything breaks.
    static readonly string[] Rare =
    [
        nameof(RetryFailedMessages), nameof(RetrySetAside), nameof(SendDueTimers), nameof(ReleaseTimers), nameof(ResumeDueJourneys),
        nameof(StartErasures), nameof(FinishRedactions), Events.JourneyArchived.Descriptor.FullName,
        Events.JourneysHaltChanged.Descriptor.FullName,
    ];

    readonly World world;
    readonly int seed;
    readonly Defect defect;
    readonly Random random;
    readonly Trace trace;
    readonly Steps steps;
    readonly Clients clients;
    readonly Author author;
    readonly DueWork due;
    readonly Dictionary<Guid, int> publishings = [];
    readonly List<string> problems = [];
    Guid poison;
    int ids;

    public Run(World world, int seed, Defect defect)
    {
        (this.world, this.seed, this.defect, random, trace) = (world, seed, defect, new Random(seed), new Trace(world.Time));
        var (chance, jitter) = (new Random(seed * 31), new Random(seed * 37));
        Simulated.FreshId = () => NextId(chance);
        Simulated.Chance = jitter.NextDouble;
        SiteId = NextId(chance);
        steps = new Steps(world, random, trace);
        clients = new Clients(random, SiteId, world.Time);
        author = new Author(random, SiteId, world.Time, clients.Journeys);
        due = new DueWork(world);
        world.Failures.Begin(trace);
        world.Broker.Clear();
        world.Broker.Fate = FateOf;
    }

    public int Seed => seed;

    /// <summary>Whose people walk in it.</summary>
    public Guid SiteId { get; }

    public IReadOnlyList<string> Trace => trace.Lines;

    /// <summary>What was wrong at its end.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <summary>What its client was answered.</summary>
    public IReadOnlyList<Ledgers.Clients.ClientCall> Record => clients.Record;

    /// <summary>Does everything.</summary>
    /// <exception cref="NotQuiet">It does not come to its end.</exception>
    public async Task RunAsync()
    {
        await SetUpAsync();
        steps.Failures = 0.2;
        // In some the services hardly hear of each other.
        world.Failures.Losses = random.Next(5) == 0 ? 0.7 : 0.05;
        for (var number = 20 + random.Next(25); number > 0; number--)
            await ActAsync();
        await SettleAsync();
        problems.AddRange(await new LeftBehind(world, SiteId, poison).ListAsync());
        await TellStateAsync();
    }

    async Task SetUpAsync()
    {
        foreach (var replica in Enum.GetValues<Service>().SelectMany(world.Of))
            replica.Clock.Ahead = TimeSpan.FromMilliseconds(random.Next(-5_000, 5_000));

        foreach (var plan in (string[])[Plans.Tour, Plans.Lesson])
        {
            var journey = await Definitions.Journeys.CreateJourneyAsync(JsonParser.Default.Parse<CreateJourneyRequest>(plan));
            await Definitions.Journeys.PublishJourneyAsync(new() { Id = journey.Id });
            clients.Journeys.Add(journey.Id);
        }

        author.AudienceId = (await Definitions.Audiences.CreateAudienceAsync(Plans.Audience("pro"))).Id;
        var club = JsonParser.Default.Parse<CreateJourneyRequest>(Plans.Club);
        club.AudienceId = author.AudienceId;
        var opened = await Definitions.Journeys.CreateJourneyAsync(club);
        clients.Journeys.Add(opened.Id);
        // In the others its first version comes while people walk, if at all.
        if (random.Next(2) == 0)
            await Definitions.Journeys.PublishJourneyAsync(new() { Id = opened.Id });

        var lists = new Rpcs(world.Of(Service.Enrollment)[0], SiteId).Lists;
        clients.List = (await lists.CreateUserListAsync(new() { Name = "List" })).Id;
        await lists.ChangeMembersAsync(new() { Id = clients.List, Add = { "ada", "cleo", "dan", "eve", "fay" } });
        if (random.Next(8) == 0)
            await PoisonAsync();
        trace.Add($"seed {seed} begins: site {SiteId}, journeys {string.Join(", ", clients.Journeys)}");
    }

    // Nobody can store its timer, since visits are numbered from 1.
    async Task PoisonAsync()
    {
        var timer = new Events.Timer
        {
            SiteId = $"{SiteId}",
            JourneyId = clients.Journeys[0],
            EnrollmentId = $"{FreshId.Make()}",
            DueTime = Timestamp.FromDateTimeOffset(world.Time.Now),
        };
        poison = FreshId.Make();
        await world.Broker.PublishAsync(new Events.TimersRequested { Timers = { timer } }, poison, CancellationToken.None);
    }

    Replica Choose(IReadOnlyList<Replica> replicas) => replicas[random.Next(replicas.Count)];

    Rpcs Definitions => new(world.Of(Service.Definition)[0], SiteId);

    Task ActAsync() => random.Next(100) switch
    {
        < 30 => CallAsync(),
        < 54 => ChoreAsync(),
        < 78 when world.Broker.Parcels.Count > 0 => DeliverAsync(),
        < 86 => PassAsync(),
        < 89 when steps.Frozen > 0 => steps.ThawAsync(random.Next(steps.Frozen)),
        < 96 => AuthorAsync(),
        < 97 => TurnBrokerAsync(),
        < 98 => SetClockAsync(),
        _ when world.Broker.Parcels.Count > 0 => DeliverAsync(),
        _ => ChoreAsync(),
    };

    Task CallAsync()
    {
        var call = clients.Next();
        var loss = ChooseLoss(of: 16);
        var replica = Choose(world.Of(Service.Enrollment));
        return steps.DoAsync($"{call.Name}{Told(loss)}", replica, _ => clients.MakeAsync(call, replica, loss));
    }

    Task ChoreAsync()
    {
        var place = random.Next(Chore.All.Sum(chore => chore.Weight));
        var chore = Chore.All.First(chore => (place -= chore.Weight) < 0);
        return ChoreAsync(chore, Choose(world.Of(chore.Service)));
    }

    Task ChoreAsync(Chore chore, Replica replica) =>
        steps.DoAsync(chore.Name, replica, async ct => $"rests {(await chore.Of(replica).RunOnceAsync(ct)).TotalSeconds:0.000}");

    Task DeliverAsync()
    {
        var parcels = world.Broker.Parcels;
        // The oldest comes first more often than not.
        return DeliverAsync(parcels[random.Next(2) == 0 ? 0 : random.Next(parcels.Count)], random.Next(12) == 0);
    }

    Task DeliverAsync(Parcel parcel, bool loseAcknowledgement)
    {
        var replica = Choose(world.Of(parcel.Service));
        var letter = new Letter(parcel.Message.Id, parcel.Message.Type, parcel.Message.Body, parcel.Message.TraceParent);
        if (defect == Defect.AcknowledgeFirst)
            world.Broker.Acknowledge(parcel);
        return steps.DoAsync(
            $"{parcel}{(loseAcknowledgement ? ", acknowledgement lost" : "")}", replica,
            async ct =>
            {
                world.Failures.MayCrash("before it is handled");
                await replica.Queues.Single(queue => queue.Name == parcel.Queue).HandleAsync(letter, ct);
                return "handled";
            },
            isDone =>
            {
                if (isDone && !loseAcknowledgement)
                    world.Broker.Acknowledge(parcel);
            });
    }

    async Task PassAsync()
    {
        var time = random.Next(6) switch
        {
            0 => TimeSpan.FromMilliseconds(300),
            1 => TimeSpan.FromSeconds(5),
            2 => TimeSpan.FromSeconds(20),
            3 => TimeSpan.FromSeconds(75),
            _ => (await due.NextAsync() ?? world.Time.Now) - world.Time.Now + TimeSpan.FromMilliseconds(random.Next(20)),
        };
        await MoveAsync(world.Time.Now + (time < TimeSpan.Zero ? TimeSpan.Zero : time));
    }

    async Task MoveAsync(DateTimeOffset to)
    {
        await world.MoveAsync(to);
        trace.Add("time passes");
    }

    Task AuthorAsync()
    {
        var (move, loss, replica) = (author.Next(), ChooseLoss(of: 6), world.Of(Service.Definition)[0]);
        return steps.DoAsync($"the author {move.Name}{Told(loss)}", replica, _ => author.MakeAsync(move, replica, loss));
    }

    Loss ChooseLoss(int of) => random.Next(of) switch { 0 => Loss.OfRequest, 1 => Loss.OfResponse, _ => Loss.None };

    static string Told(Loss loss) => loss == Loss.None ? "" : $", {loss}";

    Task TurnBrokerAsync()
    {
        world.Broker.IsDown = !world.Broker.IsDown;
        world.Failures.Note(world.Broker.IsDown ? "broker down" : "broker up", "from now on");
        return Task.CompletedTask;
    }

    Task SetClockAsync()
    {
        var replica = Choose([.. Enum.GetValues<Service>().SelectMany(world.Of)]);
        replica.Clock.Ahead = TimeSpan.FromMilliseconds(random.Next(-20_000, 20_000));
        world.Failures.Note("clock jump", $"{replica.Name} is ahead by {replica.Clock.Ahead}");
        return Task.CompletedTask;
    }

    // Decided by the message, not by the order of publishing, which nobody promises.
    Publishing FateOf(OutgoingMessage message)
    {
        if (steps.Failures == 0)
            return Publishing.Confirmed;
        var number = publishings[message.Id] = publishings.GetValueOrDefault(message.Id) + 1;
        var fate = new Random(HashCode(message.Id) + number).Next(14) switch
        {
            0 => Publishing.NotTaken,
            1 => Publishing.Unconfirmed,
            2 => Publishing.Doubled,
            _ => Publishing.Confirmed,
        };
        return fate == Publishing.NotTaken && defect == Defect.BelieveEveryPublish ? Publishing.Swallowed : fate;
    }

    // The one of the framework differs from process to process.
    static int HashCode(Guid id) => id.ToByteArray().Aggregate(17, (hash, part) => unchecked((hash * 31) + part));

    // Everything but what is rare breaks no more, and nothing that only repairs is run: the watchdog and the
    // comparison would hide what is lost.
    async Task SettleAsync()
    {
        trace.Add("hardly anything breaks any more");
        (steps.Failures, world.Failures.Losses, world.Broker.IsDown) = (0, 0, false);
        // Services that differ by too much do not believe each other, until somebody sets their clocks right.
        foreach (var replica in Enum.GetValues<Service>().SelectMany(world.Of))
            replica.Clock.Ahead = TimeSpan.Zero;
        await ThawAsync();

        var isResumed = false;
        for (var round = 0; round < MostRounds; round++)
        {
            while (world.Broker.Parcels is [var parcel, ..])
                await SettleAsync(round, parcel.Message.Type, () => DeliverAsync(parcel, loseAcknowledgement: false));
            if (steps.Frozen > 0)
            {
                await ThawAsync();
                continue;
            }

            var works = await due.ListAsync();
            if (works.Min(one => one.At) is not { } next)
            {
                if (isResumed || !await HasParkedAsync())
                    return;
                await ResumeAsync();
                (isResumed, round) = (true, 0);
                continue;
            }

            if (next > world.Time.Now)
                await MoveAsync(next + TimeSpan.FromMilliseconds(1));
            foreach (var chore in works.Where(one => one.At <= world.Time.Now).Select(one => one.Chore))
                await SettleAsync(round, chore.Name, () => ChoreAsync(chore, world.Of(chore.Service)[0]));
        }

        throw new NotQuiet($"After {MostRounds} rounds there is still something to do.");
    }

    async Task SettleAsync(int round, string name, Func<Task> step)
    {
        steps.Failures = round < BreakingRounds && Rare.Contains(name) ? 0.5 : 0;
        await step();
        steps.Failures = 0;
    }

    Task<bool> HasParkedAsync() =>
        world.Driver.ExecuteScalarAsync<bool>("select exists (select from scheduler.parked_timer where site_id = @SiteId)", new { SiteId });

    // So that timers that came while a journey was paused are released in more than a few seeds.
    async Task ResumeAsync()
    {
        foreach (var move in author.Resumes())
        {
            var replica = world.Of(Service.Definition)[0];
            await steps.DoAsync($"the author {move.Name}", replica, _ => author.MakeAsync(move, replica, Loss.None));
        }
    }

    async Task ThawAsync()
    {
        while (steps.Frozen > 0)
            await steps.ThawAsync(0);
    }

    async Task TellStateAsync()
    {
        const string sql = """
            select format('%s%s %s %s: visit %s at %s by %s',
                          p.user_id, e.anonymous_id, e.enrollment_id, e.status, v.visit_no, v.node_id, v.branch)
            from enrollment.enrollment e
            join enrollment.profile p using (site_id, profile_id)
            join enrollment.visit v using (site_id, enrollment_id)
            where e.site_id = @SiteId
            order by e.enrollment_id, v.visit_no
            """;
        foreach (var line in await world.Driver.QueryAsync<string>(sql, new { SiteId }))
            trace.Add(line);
    }

    // In the order of making, and unlike those of all other seeds.
    Guid NextId(Random chance)
    {
        Span<byte> bytes = stackalloc byte[16];
        chance.NextBytes(bytes);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes, 0x01900000);
        System.Buffers.Binary.BinaryPrimitives.WriteInt16BigEndian(bytes[4..], (short)Interlocked.Increment(ref ids));
        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0f));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3f));
        return new Guid(bytes, bigEndian: true);
    }
}

/// <summary>A run that does not come to its end.</summary>
sealed class NotQuiet(string message) : Exception(message);
