using Dapper;
using Google.Api;
using Grpc.Core;
using Grpc.Net.Client;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Enrollment.V1;
using Npgsql;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Tests;

/// <summary>Nothing is changed without a row that says who did what, and the rows stay as they were written.</summary>
public sealed class AuditTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>, IDisposable
{
    static readonly Marshaller<byte[]> Raw = Marshallers.Create<byte[]>(bytes => bytes, bytes => bytes);

    readonly GatewayUnderTest gateway = fixture.Gateway;
    readonly GrpcChannel channel = GrpcChannel.ForAddress(fixture.Gateway.GrpcAddress);

    /// <summary>Every rpc that the contracts let an EDITOR or ADMIN change something with, and both exports.</summary>
    public static TheoryData<string> Audited =>
        [.. RpcCatalog.Journeys.Routes.Where(route => route.IsNative && IsAudited(route.Rpc)).Select(route => route.Rpc.Path)];

    public void Dispose() => channel.Dispose();

    [Theory]
    [MemberData(nameof(Audited))]
    public async Task A_changing_call_leaves_one_row_by_REST(string path)
    {
        var route = RpcCatalog.Journeys.Routes.First(each => !each.IsNative && each.Rpc.Path == path);
        var site = await gateway.SiteIdAsync();
        var id = Guid.CreateVersion7().ToString();
        var address = string.Join('/', route.Path.Split('/').Select((part, number) =>
            !part.StartsWith('{') ? part : route.SiteVariable?.Segment == number ? site : id));
        var before = await CountAsync();

        await gateway.CallAsync(route.Verb, address, route.HasBody ? "{}" : null);

        var rows = await RowsAsync();
        Assert.Equal(before + 1, rows.Count);
        AssertIs(rows[0], route.Rpc);
    }

    [Theory]
    [MemberData(nameof(Audited))]
    public async Task A_changing_call_leaves_one_row_by_native_gRPC(string path)
    {
        var rpc = RpcCatalog.Journeys.Routes.First(each => each.Rpc.Path == path).Rpc;
        var method = new Method<byte[], byte[]>(MethodType.Unary, rpc.Method.Service.FullName, rpc.Method.Name, Raw, Raw);
        var before = await CountAsync();

        try
        {
            await channel.CreateCallInvoker().AsyncUnaryCall(method, null, new CallOptions(Secret), []);
        }
        catch (RpcException)
        {
            // Refused calls leave a row, too.
        }

        var rows = await RowsAsync();
        Assert.Equal(before + 1, rows.Count);
        AssertIs(rows[0], rpc);
    }

    [Fact]
    public async Task Reads_and_pages_leave_none()
    {
        var before = await CountAsync();

        await gateway.CallAsync("GET", "/api/journeys");
        await gateway.CallAsync("GET", $"/api/sites/{await gateway.SiteIdAsync()}/keys");
        await gateway.CallAsync("POST", "/api/audiences/preview", new { rule = new { } });
        await gateway.CallAsync("POST", "/sdk/identify", new { userId = "u1" }, GatewayUnderTest.PublishableKey);
        await gateway.CallAsync("POST", $"/sdk/journeys/{Guid.CreateVersion7()}/enroll", new { userId = "u1" });

        Assert.Equal(before, await CountAsync());
    }

    [Fact]
    public async Task A_row_says_who_did_what_to_what_from_where_and_how_it_went()
    {
        var id = Guid.CreateVersion7().ToString();
        gateway.Peer.Answers["PublishJourney"] = (_, _) => Task.FromResult<Google.Protobuf.IMessage>(
            new Journey { Id = id, Name = "Welcome", Status = Journey.Types.Status.Published, Version = 3 });
        var session = await gateway.SignInAsync();

        await gateway.CallAsync("POST", $"/api/journeys/{id}/publish", new { }, null, session.Bearer());

        var entry = (await ListAsync($"target={id}")).Single();
        Assert.Equal(("MEMBER", GatewayUnderTest.AdminEmail), (Text(entry, "actorKind"), Text(entry, "actorName")));
        Assert.Equal(session.Json.GetProperty("member").GetProperty("id").GetString(), Text(entry, "actorId"));
        Assert.Equal(("PublishJourney", "journey", id), (Text(entry, "action"), Text(entry, "targetKind"), Text(entry, "targetId")));
        Assert.Equal(("OK", "", "127.0.0.1"), (Text(entry, "outcome"), Text(entry, "reason"), Text(entry, "address")));
        Assert.Equal(("PUBLISHED", 3), (entry.GetProperty("after").GetProperty("status").GetString(), entry.GetProperty("after").GetProperty("version").GetInt32()));
        Assert.True(entry.TryGetProperty("time", out _) && entry.TryGetProperty("endTime", out _));
    }

    [Fact]
    public async Task A_new_name_of_a_member_is_there_too()
    {
        var eve = await gateway.JoinAsync("renamed@example.com", "VIEWER", "a password of eve");

        await gateway.CallAsync("PATCH", "/api/account", new { name = "Grace, head of it all" }, null, eve.Bearer());

        var entry = Assert.Single(await ListAsync("action=UpdateAccount&actor=renamed@example.com"));
        Assert.Equal(("account", "OK"), (Text(entry, "targetKind"), Text(entry, "outcome")));
    }

    [Fact]
    public async Task A_refusal_is_there_with_its_reason()
    {
        var id = Guid.CreateVersion7();
        gateway.Peer.Answers["PauseJourney"] = (_, _) => throw new Refused("JOURNEY_NOT_PUBLISHED", "no");

        var reply = await gateway.CallAsync("POST", $"/api/journeys/{id}/pause", new { });

        Assert.Equal("JOURNEY_NOT_PUBLISHED", reply.Reason);
        var entry = (await ListAsync($"target={id}")).Single();
        Assert.Equal(("FAILED", "JOURNEY_NOT_PUBLISHED", "KEY", "first key"), (Text(entry, "outcome"), Text(entry, "reason"), Text(entry, "actorKind"), Text(entry, "actorName")));
    }

    [Fact]
    public async Task A_call_whose_answer_was_lost_stays_unknown()
    {
        var id = Guid.CreateVersion7();
        gateway.Peer.Answers["ResumeJourney"] = (_, _) => throw new RpcException(new Status(StatusCode.Unavailable, "gone"));

        var reply = await gateway.CallAsync("POST", $"/api/journeys/{id}/resume", new { });

        Assert.Equal(503, reply.Status);
        Assert.Equal("PENDING", Text((await ListAsync($"target={id}")).Single(), "outcome"));
    }

    [Fact]
    public async Task What_is_created_is_named_natively_too()
    {
        var id = Guid.CreateVersion7().ToString();
        gateway.Peer.Answers["CloneJourney"] = (_, _) => Task.FromResult<Google.Protobuf.IMessage>(new Journey { Id = id });
        gateway.Peer.Answers["ImportJourney"] = gateway.Peer.Answers["CloneJourney"];

        var answer = await new JourneyService.JourneyServiceClient(channel).ImportJourneyAsync(new ImportJourneyRequest(), Secret);

        Assert.Equal(id, answer.Id);
        Assert.Equal(("ImportJourney", "OK"), (await ListAsync($"target={id}")).Select(entry => (Text(entry, "action"), Text(entry, "outcome"))).Single());
    }

    [Fact]
    public async Task Settings_keys_and_members_are_there_before_and_after_without_secrets()
    {
        var site = await gateway.SiteIdAsync();
        const string tokenKey = "0123456789abcdefghijklmnopqrstuvwxyz";

        await gateway.CallAsync("PATCH", $"/api/sites/{site}", new { name = "Second", userTokenKey = tokenKey });
        await gateway.CallAsync("PATCH", $"/api/sites/{site}", new { name = "First" });
        var key = await gateway.CallAsync("POST", $"/api/sites/{site}/keys", new { name = "audited", kind = "SECRET", role = "VIEWER" });
        await gateway.CallAsync("DELETE", $"/api/sites/{site}/keys/{key["id"]}");
        var eve = await gateway.JoinAsync("audited@example.com", "VIEWER", "a password of eve");
        var eveId = eve.Json.GetProperty("member").GetProperty("id").GetString();
        await gateway.CallAsync("PATCH", $"/api/sites/{site}/members/{eveId}", new { role = "EDITOR" });
        await gateway.CallAsync("DELETE", $"/api/sites/{site}/members/{eveId}");

        var renamed = (await ListAsync($"target={site}&action=UpdateSite"))[1];
        Assert.Equal(("First", "Second"), (Name(renamed, "before"), Name(renamed, "after")));
        Assert.True(renamed.GetProperty("request").GetProperty("userTokenKey").GetBoolean());
        var keys = await ListAsync($"target={key["id"]}");
        Assert.Equal(["DeleteKey", "CreateKey"], keys.Select(entry => Text(entry, "action")));
        Assert.Equal(("audited", "VIEWER"), (Name(keys[1], "after"), keys[1].GetProperty("after").GetProperty("role").GetString()));
        var members = await ListAsync($"target={eveId}");
        Assert.Equal(["DeleteMember", "UpdateMember", "AcceptInvitation"], members.Select(entry => Text(entry, "action")));
        Assert.Equal(("VIEWER", "EDITOR"), (Value(members[1], "before", "role"), Value(members[1], "after", "role")));
        Assert.Equal(("audited@example.com", "EDITOR"), (Value(members[0], "before", "email"), Value(members[0], "before", "role")));
        var everything = string.Concat(await QueryAsync<string>("select audit::text from access.audit"));
        Assert.DoesNotContain(tokenKey, everything, StringComparison.Ordinal);
        Assert.DoesNotContain(key["secret"], everything, StringComparison.Ordinal);
        Assert.DoesNotContain("a password of eve", everything, StringComparison.Ordinal);
        Assert.DoesNotContain(eve["token"], everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sign_ins_and_sign_outs_are_there_on_each_site_of_the_member()
    {
        const string password = "correct horse battery";
        var joined = await gateway.JoinAsync("signs@example.com", "ADMIN", password);
        var other = await gateway.CallAsync("POST", "/api/sites", new { name = "Theirs" }, null, joined.Bearer());
        var before = await CountAsync();

        await gateway.CallAsync("POST", "/api/session", new { email = "signs@example.com", password = "wrong wrong wrong" }, null);
        await gateway.CallAsync("POST", "/api/session", new { email = "nobody@example.com", password = "wrong wrong wrong" }, null);
        var session = await gateway.SignInAsync("signs@example.com", password);
        await gateway.CallAsync("DELETE", "/api/session", null, null, session.Bearer());

        (string, string, string)[] expected = [("DeleteSession", "OK", ""), ("CreateSession", "OK", ""), ("CreateSession", "FAILED", "NOT_SIGNED_IN")];
        Assert.Equal(before + 6, await CountAsync());
        foreach (var (bearer, site) in new[] { (("X-API-Key", GatewayUnderTest.SecretKey), await gateway.SiteIdAsync()), (joined.Bearer(), other["id"]) })
        {
            var entries = (await gateway.CallAsync("GET", "/api/audit?actor=signs@example.com&pageSize=3", null, null, bearer, ("X-Site-Id", site))).Json.GetProperty("entries");
            Assert.Equal(expected, entries.EnumerateArray().Select(entry => (Text(entry, "action"), Text(entry, "outcome"), Text(entry, "reason"))));
        }
    }

    [Fact]
    public async Task An_erased_person_is_a_pseudonym_from_the_first_row_to_the_last()
    {
        var user = $"ada-{Guid.NewGuid():n}@example.com";
        await gateway.CallAsync("GET", $"/api/users/{user}/export");
        Assert.Single(await ListAsync($"target={user}"));

        gateway.Peer.Answers["EraseUser"] = (_, _) => throw new RpcException(new Status(StatusCode.Unavailable, "crashed"));
        await gateway.CallAsync("DELETE", $"/api/users/{user}");
        gateway.Peer.Answers["EraseUser"] = (_, _) => Task.FromResult<Google.Protobuf.IMessage>(new EraseUserResponse());
        await gateway.CallAsync("DELETE", $"/api/users/{user}");
        gateway.Peer.Answers["ExportUser"] = (_, _) => throw new NotFound("user", user);
        await gateway.CallAsync("GET", $"/api/users/{user}/export");
        gateway.Peer.Answers.TryRemove("ExportUser", out _);

        Assert.DoesNotContain(user, string.Concat(await QueryAsync<string>("select audit::text from access.audit")), StringComparison.Ordinal);
        // Who knows the id still finds them, and all have the same pseudonym.
        var entries = await ListAsync($"target={user}");
        Assert.Equal(["ExportUser", "EraseUser", "EraseUser", "ExportUser"], entries.Select(entry => Text(entry, "action")));
        Assert.StartsWith("erased-", Assert.Single(entries.Select(entry => Text(entry, "targetId")).Distinct()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_go_back_in_time_and_filters_narrow_them()
    {
        var id = Guid.CreateVersion7();
        foreach (var move in new[] { "archive", "restore", "archive", "restore", "archive" })
            await gateway.CallAsync("POST", $"/api/journeys/{id}/{move}", new { });

        var first = await gateway.CallAsync("GET", $"/api/audit?target={id}&pageSize=3");
        var second = await gateway.CallAsync("GET", $"/api/audit?target={id}&pageSize=3&pageToken={first["nextPageToken"]}");
        var restores = await ListAsync($"target={id}&action=RestoreJourney");

        string[] actions = [.. new[] { first, second }.SelectMany(page => page.Json.GetProperty("entries").EnumerateArray()).Select(entry => Text(entry, "action"))];
        Assert.Equal(["ArchiveJourney", "RestoreJourney", "ArchiveJourney", "RestoreJourney", "ArchiveJourney"], actions);
        Assert.Equal("", second["nextPageToken"]);
        Assert.Equal(2, restores.Count);
        Assert.Equal(5, (await ListAsync($"target={id}&actor=FIRST key")).Count);
        Assert.Empty(await ListAsync($"target={id}&actor=nobody"));
        Assert.Empty(await ListAsync($"target={id}&fromTime={DateTimeOffset.UtcNow.AddMinutes(1):yyyy-MM-ddTHH:mm:ssZ}"));
        Assert.Empty(await ListAsync($"target={id}&untilTime={DateTimeOffset.UtcNow.AddMinutes(-1):yyyy-MM-ddTHH:mm:ssZ}"));
        Assert.Equal(400, (await gateway.CallAsync("GET", "/api/audit?pageToken=x")).Status);
    }

    [Fact]
    public async Task Only_admins_read_it_and_only_their_own_site()
    {
        var editor = await gateway.JoinAsync($"e{Guid.NewGuid():n}@example.com", "EDITOR", "correct horse battery");
        var (other, site, _) = await gateway.OtherSiteAsync();

        Assert.Equal("ROLE_TOO_LOW", (await gateway.CallAsync("GET", "/api/audit", null, null, editor.Bearer())).Reason);
        var foreign = await gateway.CallAsync("GET", "/api/audit?pageSize=200", null, null, other);
        Assert.DoesNotContain("first key", foreign.Text, StringComparison.Ordinal);
        Assert.Equal("SITE_NOT_FOUND", (await gateway.CallAsync("GET", "/api/audit", null, GatewayUnderTest.SecretKey, ("X-Site-Id", site))).Reason);
    }

    [Theory]
    [InlineData("update access.audit set actor_name = 'somebody else'")]
    [InlineData("update access.audit set outcome = 'PENDING' where outcome = 'FAILED'")]
    [InlineData("update access.audit set target_id = 'another' where target_kind = 'journey'")]
    [InlineData("delete from access.audit")]
    [InlineData("truncate access.audit")]
    public async Task The_gateways_own_role_cannot_change_what_is_written(string sql)
    {
        gateway.Peer.Answers["PauseJourney"] = (_, _) => throw new Refused("JOURNEY_NOT_PUBLISHED", "no");
        await gateway.CallAsync("POST", $"/api/journeys/{Guid.CreateVersion7()}/pause", new { });

        var refused = await Assert.ThrowsAsync<PostgresException>(() => QueryAsync<int>(sql));

        Assert.Contains("audit", refused.MessageText, StringComparison.Ordinal);
    }

    static bool IsAudited(Rpc rpc)
    {
        var isGet = rpc.Method.GetOptions()?.GetExtension(AnnotationsExtensions.Http)?.PatternCase == HttpRule.PatternOneofCase.Get;
        return (rpc.Role is Role.Editor or Role.Admin && !isGet) || rpc.Method.Name.StartsWith("Export", StringComparison.Ordinal);
    }

    static void AssertIs(AuditLine row, Rpc rpc)
    {
        Assert.Equal((rpc.Method.Name, "KEY"), (row.Action, row.ActorKind));
        Assert.NotEqual("PENDING", row.Outcome);
    }

    static string Text(System.Text.Json.JsonElement entry, string name) => entry.GetProperty(name).GetString()!;

    static string? Value(System.Text.Json.JsonElement entry, string part, string name) => entry.GetProperty(part).GetProperty(name).GetString();

    static string? Name(System.Text.Json.JsonElement entry, string part) => Value(entry, part, "name");

    static Metadata Secret => new() { { "x-api-key", GatewayUnderTest.SecretKey } };

    async Task<IReadOnlyList<System.Text.Json.JsonElement>> ListAsync(string filter)
    {
        var reply = await gateway.CallAsync("GET", $"/api/audit?{filter}");
        Assert.Equal((200, ""), (reply.Status, reply.Reason));
        return [.. reply.Json.GetProperty("entries").EnumerateArray()];
    }

    async Task<long> CountAsync() => (await QueryAsync<long>("select count(*) from access.audit")).Single();

    async Task<IReadOnlyList<AuditLine>> RowsAsync() =>
        await QueryAsync<AuditLine>("select action, actor_kind, outcome from access.audit order by at desc, audit_id desc");

    async Task<IReadOnlyList<T>> QueryAsync<T>(string sql)
    {
        await using var connection = await gateway.Database.DataSource.OpenConnectionAsync();
        return (await connection.QueryAsync<T>(sql)).AsList();
    }

    sealed record AuditLine
    {
        public string Action { get; init; } = "";

        public string ActorKind { get; init; } = "";

        public string Outcome { get; init; } = "";
    }
}
