using Dapper;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Journeys.Protos.Enrollment.V1;
using Journeys.Testing;
using Enrollment = Journeys.Protos.Enrollment.V1.Enrollment;

namespace Journeys.Enrollments.Tests;

/// <summary>A call that says what is known of a person writes and locks nothing, unless something follows from it nevertheless.</summary>
public sealed class RecognizeTests(EnrollmentFixture service) : IClassFixture<EnrollmentFixture>
{
    const string IsPro = """{"condition": {"field": "traits.plan", "operator": "EQ", "value": "pro"}}""";
    const string HasPaid = """{"event": {"name": "paid"}}""";

    readonly TestSite site = service.NewSite();

    [Fact]
    public async Task Who_says_the_same_again_is_answered_without_a_write_or_a_lock()
    {
        var journey = await site.PublishAsync(Designs.Row("", Designs.Start, Designs.Content("one"), Designs.End));
        await IdentifyAsync(Usual());
        await site.EnterAsync(journey, "u1");
        var first = await IdentifyAsync(Usual());
        var before = await MarksAsync();

        var second = await IdentifyAsync(Usual());
        var asVisitor = await VisitAsync();

        Assert.Equal(before, await MarksAsync());
        Assert.Equal(first, second);
        Assert.Equal("one", Assert.Single(second.Journeys).Step.NodeId);
        Assert.Equal("visitor9", asVisitor.AnonymousId);

        async Task<IdentifyResponse> VisitAsync()
        {
            await site.Sdk.IdentifyAsync(new() { AnonymousId = "visitor9", Traits = Traits("free") });
            before = await MarksAsync();
            return await site.Sdk.IdentifyAsync(new() { AnonymousId = "visitor9", Traits = Traits("free") });
        }
    }

    [Fact]
    public async Task The_time_at_which_somebody_was_seen_is_kept_to_the_minute()
    {
        await IdentifyAsync(Usual());
        var began = service.Clock.GetUtcNow();

        service.Clock.Advance(TimeSpan.FromSeconds(59));
        await IdentifyAsync(Usual());
        var early = await SeenAsync();
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        await IdentifyAsync(Usual());

        Assert.Equal((began, began + TimeSpan.FromMinutes(1)), (early, await SeenAsync()));

        async Task<DateTimeOffset> SeenAsync() =>
            (await site.Profiles.GetUserAsync(new() { UserId = "u1" })).User.SeenTime.ToDateTimeOffset();
    }

    public static TheoryData<string> Changes =>
        ["another value", "another trait", "a trait less", "browser", "device", "location", "time zone", "locale"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task What_changes_is_stored(string change)
    {
        await IdentifyAsync(Usual());
        var before = (await site.Profiles.GetUserAsync(new() { UserId = "u1" })).User;
        var request = Usual();
        var fields = request.Traits.Fields;
        switch (change)
        {
            case "another value": fields["seats"] = Value.ForNumber(6); break;
            case "another trait": fields["role"] = Value.ForString("admin"); break;
            case "a trait less": fields["seats"] = Value.ForNull(); break;
            case "browser": request.Context.Browser = "Chrome"; break;
            case "device": request.Context.Device.Os = "Linux"; break;
            case "location": request.Context.Location.Fields["city"] = Value.ForString("Bonn"); break;
            case "time zone": request.Context.TimeZone = "Asia/Tokyo"; break;
            default: request.Context.Locale = "fr"; break;
        }

        await IdentifyAsync(request);

        var after = (await site.Profiles.GetUserAsync(new() { UserId = "u1" })).User;
        var expected = before.Clone();
        foreach (var (key, value) in fields)
            expected.Traits.Fields[key] = value;
        if (change == "a trait less")
            expected.Traits.Fields.Remove("seats");
        expected.Context = request.Context;
        Assert.NotEqual(before, after);
        Assert.Equal(expected, after);
    }

    [Fact]
    public async Task Neither_an_erased_user_nor_their_visitor_is_recognized()
    {
        await site.IdentifyAsync("u1", "visitor1");
        await site.IdentifyAsync("u2");
        await site.Profiles.EraseUserAsync(new() { UserId = "u1" });

        Assert.Equal("ERASED", await ReasonAsync(() => site.IdentifyAsync("u1")));
        Assert.Equal("ERASED", await ReasonAsync(() => site.IdentifyAsync("u2", "visitor1")));
        Assert.Equal("ERASED", await ReasonAsync(() => site.Sdk.IdentifyAsync(new() { AnonymousId = "visitor1" }).ResponseAsync));
    }

    [Fact]
    public async Task An_id_that_was_erased_is_refused_even_if_its_profile_is_back()
    {
        await site.IdentifyAsync("u1");
        await ExecuteAsync("insert into enrollment.erased_person (site_id, id_hash, erased_at, job_id) values (@Id, @hash, now(), @Id)",
            new { site.Id, hash = Profiles.ErasedPersonStore.HashOfUser("u1") });

        Assert.Equal("ERASED", await ReasonAsync(() => site.IdentifyAsync("u1")));
    }

    [Fact]
    public async Task A_visitor_who_turns_out_to_be_a_known_user_is_joined_once()
    {
        var journey = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1");
        await site.EnterAsync(journey, "visitor1");

        var joined = await site.IdentifyAsync("u1", "visitor1");
        var ofNobody = await site.IdentifyAsync("u1", "visitor2");
        var before = await MarksAsync();
        var again = await site.IdentifyAsync("u1", "visitor1");

        Assert.Equal((true, true, false), (joined.Merged, ofNobody.Merged, again.Merged));
        Assert.Equal("one", Assert.Single(again.Journeys).Step.NodeId);
        Assert.Equal(before, await MarksAsync());
    }

    [Fact]
    public async Task A_journey_that_was_published_since_enrolls_whom_its_sweep_has_passed()
    {
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.IdentifyAsync("u2", traits: """{"plan": "free"}""");
        var audience = await site.AudienceAsync(IsPro);
        var journey = await site.PublishAsync(AutoEnrolling(audience));

        await site.IdentifyAsync("u2", traits: """{"plan": "free"}""");
        var answer = await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.ReportAsync(journey, "u1", "one");
        var before = await MarksAsync();
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.IdentifyAsync("u2", traits: """{"plan": "free"}""");

        Assert.Equal("one", Assert.Single(answer.Journeys).Step.NodeId);
        Assert.Equal("u1", Assert.Single(await site.EnrollmentsAsync(journey)).UserId);
        Assert.Equal(before, await MarksAsync());
    }

    [Fact]
    public async Task An_audience_that_asks_for_events_is_evaluated_under_the_lock()
    {
        await site.IdentifyAsync("u1");
        await site.DoAsync("u1", "paid");
        var journey = await site.PublishAsync(AutoEnrolling(await site.AudienceAsync(HasPaid)));

        await site.IdentifyAsync("u1");

        Assert.Equal("u1", Assert.Single(await site.EnrollmentsAsync(journey)).UserId);
    }

    [Fact]
    public async Task Who_may_return_returns()
    {
        var audience = await site.AudienceAsync(IsPro);
        var journey = await site.PublishAsync(Designs.Row(
            $"\"audienceId\": \"{audience}\", \"autoEnroll\": true, \"reEnrollment\": \"ALWAYS\",",
            Designs.Start, Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.StopAsync(journey, "u1");

        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");

        Assert.Equal([1, 2], (await site.EnrollmentsAsync(journey)).Select(enrollment => enrollment.Attempt).Order());
    }

    [Fact]
    public async Task A_date_that_has_come_ends_its_wait_though_its_timer_did_not()
    {
        var ends = service.Clock.GetUtcNow() + TimeSpan.FromHours(2);
        var journey = await site.PublishAsync(Designs.Row(
            "", Designs.Start, """{"id": "w", "wait": {"traitDate": {"trait": "ends"}}}""", Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1", traits: $$"""{"ends": "{{ends:O}}"}""");
        await site.EnterAsync(journey, "u1");
        var before = await MarksAsync();

        await site.IdentifyAsync("u1", traits: $$"""{"ends": "{{ends:O}}"}""");
        var early = await MarksAsync();
        service.Clock.Advance(TimeSpan.FromHours(2));
        var answer = await site.IdentifyAsync("u1", traits: $$"""{"ends": "{{ends:O}}"}""");

        Assert.Equal(before, early);
        Assert.Equal("one", Assert.Single(answer.Journeys).Step.NodeId);
    }

    [Fact]
    public async Task A_goal_that_holds_by_now_is_recorded()
    {
        var journey = await site.PublishAsync(Designs.Row($$"""
            "goal": {"rule": {{IsPro}}},
            """, Designs.Start, Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1");
        await site.EnterAsync(journey, "u1");
        await site.IdentifyAsync("u1");
        var before = await MarksAsync();
        await site.IdentifyAsync("u1");
        var after = await MarksAsync();
        // As a trait that something else than a call has stored.
        await ExecuteAsync("update enrollment.profile set traits = '{\"plan\": \"pro\"}' where site_id = @Id", new { site.Id });

        await site.IdentifyAsync("u1");

        Assert.Equal(before, after);
        Assert.NotNull(Assert.Single(await site.EnrollmentsAsync(journey)).GoalTime);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_an_enrollment_must_look_at_later_is_held_for_it(bool paused)
    {
        var journey = await site.PublishAsync(Designs.Row($$"""
            "goal": {"rule": {{IsPro}}},
            """, Designs.Start, Designs.Content("one"), Designs.End));
        await site.IdentifyAsync("u1");
        await site.EnterAsync(journey, "u1");
        if (paused)
            await site.PauseAsync(journey);
        else
            await SetAsideAsync(Assert.Single(await site.EnrollmentsAsync(journey)));

        await site.IdentifyAsync("u1");

        Assert.Equal(1, await ScalarAsync("select count(*) from enrollment.held_signal where site_id = @Id"));

        Task SetAsideAsync(Enrollment enrollment) => service.Get<Enrollments.SetAside>().NoteAsync(
            site.Id, Guid.Parse(enrollment.Id), [], new InvalidOperationException(), CancellationToken.None);
    }

    [Theory]
    [InlineData("u1")]
    [InlineData("visitor1")]
    public async Task Events_leave_the_profile_as_it_is_for_a_minute_unless_something_of_it_is_new(string person)
    {
        var journey = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, person);
        var before = await VersionsAsync();

        await site.DoAsync(person, "clicked");
        var soon = await VersionsAsync();
        service.Clock.Advance(TimeSpan.FromMinutes(1));
        await site.DoAsync(person, "clicked");
        var later = await VersionsAsync();
        await site.Sdk.RecordEventsAsync(new()
        {
            UserId = person == "u1" ? person : "",
            AnonymousId = person == "u1" ? "" : person,
            Context = new() { TimeZone = "Asia/Tokyo" },
            Events = { new Event { Name = "clicked" } },
        });

        Assert.Equal(before, soon);
        Assert.NotEqual(soon, later);
        Assert.NotEqual(later, await VersionsAsync());
        Assert.Equal(3, await ScalarAsync("select count(*) from enrollment.event where site_id = @Id"));

        Task<long> VersionsAsync() => ScalarAsync("select sum(xmin::text::bigint)::bigint from enrollment.profile where site_id = @Id");
    }

    [Theory]
    [InlineData("u1")]
    [InlineData("visitor1")]
    public async Task Who_is_erased_while_a_call_waits_for_them_is_refused(string person)
    {
        await site.IdentifyAsync("u1", "visitor1");
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        // As an erasure does, which has the visitor's lock and the user's.
        await connection.ExecuteAsync("delete from enrollment.visitor where site_id = @Id", new { site.Id }, transaction);
        await connection.ExecuteAsync("delete from enrollment.profile where site_id = @Id", new { site.Id }, transaction);
        await connection.ExecuteAsync(
            "insert into enrollment.erased_person (site_id, id_hash, erased_at, job_id) select @Id, h, now(), @Id from unnest(@hashes) h",
            new { site.Id, hashes = Profiles.ErasedPersonStore.HashesOf(new(site.Id, "u1", "visitor1")) }, transaction);
        var call = site.DoAsync(person, "clicked");
        await WaiterAsync();
        await transaction.CommitAsync();

        Assert.Equal("ERASED", await ReasonAsync(() => call));
        Assert.Equal(0, await ScalarAsync("select count(*) from enrollment.profile where site_id = @Id"));
    }

    [Fact]
    public async Task Who_is_joined_while_a_call_of_the_visitor_waits_gets_what_it_stores()
    {
        await site.IdentifyAsync("u1");
        await site.DoAsync("visitor1", "clicked");
        await using var connection = await service.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await connection.ExecuteAsync(
            "select from enrollment.profile where site_id = @Id and user_id = 'u1' for update", new { site.Id }, transaction);
        // Has the visitor's locks, and waits for the user's.
        var joining = site.IdentifyAsync("u1", "visitor1");
        await WaiterAsync();
        var call = site.DoAsync("visitor1", "clicked");
        await WaiterAsync(2);
        await transaction.CommitAsync();

        Assert.True((await joining).Merged);
        Assert.Equal(1, (await call).Accepted);
        Assert.Equal(1, await ScalarAsync("select count(distinct profile_id) from enrollment.event where site_id = @Id"));
        Assert.Equal(2, (await site.Profiles.GetUserAsync(new() { UserId = "u1" })).Events.Count);
    }

    [Theory]
    [InlineData("identify")]
    [InlineData("events")]
    [InlineData("positions")]
    public async Task A_journey_that_only_another_replica_knows_of_counts_at_once(string call)
    {
        var begin = """{"id": "start", "trigger": {"customEvent": {"eventName": "begin"}}}""";
        var click = """{"id": "click", "trigger": {"elementClick": {"selector": "#begin"}}}""";
        var audience = await site.AudienceAsync(IsPro);
        var journey = Guid.CreateVersion7();
        await site.Apply.PublishedAsync(
            site.Published(
                journey,
                Designs.Graph(
                    $"\"audienceId\": \"{audience}\", \"autoEnroll\": true,", [begin, click, Designs.Content("one"), Designs.End],
                    [("start", "", "one"), ("click", "", "one"), ("one", "", "end")]),
                paused: true),
            CancellationToken.None);
        await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        await site.Sdk.ListPositionsAsync(new() { UserId = "u1" });
        // The clock stands still, so what is in memory is as new as it can be.
        await ExecuteAsync("update enrollment.journey set status = 'PUBLISHED' where site_id = @Id", new { site.Id });
        await ExecuteAsync("update enrollment.catalog set change_no = change_no + 1 where site_id = @Id", new { site.Id });

        if (call == "positions")
        {
            Assert.Equal(["#begin"], (await site.Sdk.ListPositionsAsync(new() { UserId = "u1" })).ClickSelectors);
            return;
        }

        _ = call == "events"
            ? (object)await site.DoAsync("u1", "begin")
            : await site.IdentifyAsync("u1", traits: """{"plan": "pro"}""");
        Assert.Equal("u1", Assert.Single(await site.EnrollmentsAsync(journey)).UserId);
    }

    [Fact]
    public async Task Positions_are_those_of_the_person_who_asks()
    {
        var journey = await site.PublishAsync(Designs.Row("\"allowAnonymous\": true,", Designs.Start, Designs.Content("one"), Designs.End));
        await site.EnterAsync(journey, "u1");
        await site.EnterAsync(journey, "visitor1");
        await site.IdentifyAsync("u2");

        var user = await site.Sdk.ListPositionsAsync(new() { UserId = "u1" });
        var visitor = await site.Sdk.ListPositionsAsync(new() { AnonymousId = "visitor1" });
        var outside = await site.Sdk.ListPositionsAsync(new() { UserId = "u2" });
        var unknown = await site.Sdk.ListPositionsAsync(new() { UserId = "u3" });

        Assert.Equal("one", Assert.Single(user.Journeys).Step.NodeId);
        Assert.Equal("one", Assert.Single(visitor.Journeys).Step.NodeId);
        Assert.Empty(outside.Journeys);
        Assert.Empty(unknown.Journeys);
    }

    static string AutoEnrolling(Guid audience) =>
        Designs.Row($"\"audienceId\": \"{audience}\", \"autoEnroll\": true,", Designs.Start, Designs.Content("one"), Designs.End);

    static Struct Traits(string plan) => new() { Fields = { ["plan"] = Value.ForString(plan) } };

    static IdentifyRequest Usual() => new()
    {
        UserId = "u1",
        Traits = new()
        {
            Fields =
            {
                ["seats"] = Value.ForNumber(5),
                ["plan"] = Value.ForString("pro"),
                ["teams"] = Value.ForList(Value.ForString("a"), Value.ForString("b")),
                ["is_admin"] = Value.ForBool(true),
            },
        },
        Context = new()
        {
            TimeZone = "Europe/Berlin",
            Locale = "de",
            Browser = "Firefox",
            Role = "admin",
            Device = new() { Type = "desktop", Os = "macOS" },
            Location = new() { Fields = { ["country"] = Value.ForString("DE") } },
        },
    };

    Task WaiterAsync(int count = 1) => Eventually.Equal(count, service.Database.CountWaitersAsync, "sessions that wait for a lock");

    static async Task<string> ReasonAsync(Func<Task> call) =>
        (await Assert.ThrowsAsync<RpcException>(call)).GetRpcStatus()!.GetDetail<Google.Rpc.ErrorInfo>()!.Reason;

    async Task<IdentifyResponse> IdentifyAsync(IdentifyRequest request) => await site.Sdk.IdentifyAsync(request);

    // A row that was written has another xmin or is gone, and one that was locked has another xmax.
    async Task<IReadOnlyList<string>> MarksAsync()
    {
        const string sql = """
            select 'profile ' || profile_id || ' ' || xmin || ' ' || xmax from enrollment.profile where site_id = @Id
            union all select 'visitor ' || anonymous_id || ' ' || xmin || ' ' || xmax from enrollment.visitor where site_id = @Id
            union all select 'enrollment ' || enrollment_id || ' ' || xmin || ' ' || xmax from enrollment.enrollment where site_id = @Id
            order by 1
            """;
        await using var connection = await service.Database.OpenConnectionAsync();
        return [.. await connection.QueryAsync<string>(sql, new { site.Id })];
    }

    async Task ExecuteAsync(string sql, object parameters)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, parameters);
    }

    async Task<long> ScalarAsync(string sql)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(sql, new { site.Id });
    }
}
