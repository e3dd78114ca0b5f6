using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Journeys.Gateways.Routing;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.EndToEnd.Tests;

/// <summary>Every rpc, every field, every kind of wrong value, through both doors: nothing breaks, and what was let in can be read.</summary>
[Collection(SharedDeployment.Name)]
public sealed class HostileTests(HostileSite site) : IClassFixture<HostileSite>
{
    // What gRPC calls a fault of the server: UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS, DEADLINE_EXCEEDED.
    static readonly int[] Faults = [2, 4, 13, 14, 15];

    [Fact]
    public async Task No_value_breaks_a_call_and_what_was_let_in_can_be_read()
    {
        var wrong = new ConcurrentBag<string>();
        var calls = 0;
        await Parallel.ForEachAsync(Requests(), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (request, _) =>
        {
            if (request.Rest(site.Document(request.Route)) is { } rest)
            {
                Interlocked.Increment(ref calls);
                var (status, text) = await site.RestAsync(request.Route, rest.Target, rest.Body);
                if (status >= 500)
                    wrong.Add($"REST {status}: {request}: {text}");
            }

            if (request.Native(site.Document(request.Route)) is { } message)
            {
                Interlocked.Increment(ref calls);
                var (status, text) = await site.NativeAsync(request.Route, message);
                if (Faults.Contains(status))
                    wrong.Add($"gRPC {status}: {request}: {text}");
            }
        });

        await foreach (var unreadable in UnreadableAsync())
            wrong.Add(unreadable);

        Assert.True(wrong.IsEmpty, $"{wrong.Count} of {calls} calls:\n{string.Join('\n', wrong.Order(StringComparer.Ordinal).Take(60))}");
        Assert.InRange(calls, 2_000, int.MaxValue);
    }

    // Else a refusal of something else would pass for one of the value. These take a session, a password, a code, an invitation or an archived journey.
    [Fact]
    public async Task What_the_wrong_values_are_put_into_is_accepted()
    {
        string[] others =
        [
            "DeleteSession", "ChangePassword", "CreateAuthenticator", "ConfirmAuthenticator", "DeleteAuthenticator", "JoinSite", "RestoreJourney",
        ];
        // Calls of the other tests, several at a time, may have paused the journey or halted the site last.
        await site.RestAsync("POST", $"/api/journeys/{site.JourneyId}/resume", "{}");
        await site.RestAsync("POST", $"/api/sites/{site.SiteId}/resume", "{}");
        var refused = new List<string>();
        foreach (var route in RpcCatalog.Journeys.Routes.Where(route =>
            !route.IsNative && route.Rpc.Role != Role.Public && !others.Contains(route.Rpc.Method.Name)))
        {
            var (target, body) = HostileRequest.Plain(route, site.Document(route));
            var (status, text) = await site.RestAsync(route, target, body);
            if (status is not (200 or 404))
                refused.Add($"{route.Rpc.Method.Name}: {status} {text}");
        }

        Assert.True(refused.Count == 0, string.Join('\n', refused));
    }

    [Fact]
    public async Task Bytes_that_are_no_message_break_no_rpc()
    {
        byte[][] messages = [[0x0B], [0x0C], [0xFF], [0x0A, 0x7F, 0x41], [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [.. Enumerable.Repeat((byte)0x0A, 200)]];
        var wrong = new ConcurrentBag<string>();

        await Parallel.ForEachAsync(RpcCatalog.Journeys.Routes.Where(route => route.IsNative), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (route, _) =>
        {
            foreach (var message in messages)
            {
                var (status, text) = await site.NativeAsync(route, message);
                if (status == 0 || Faults.Contains(status))
                    wrong.Add($"gRPC {status} for {Convert.ToHexString(message)} from {route.Path}: {text}");
            }
        });

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("..", "%2E%2E")]
    [InlineData("m\uFFFDller 2", "m%EF%BF%BDller%202")]
    [InlineData("shop/7", "shop%2F7")]
    public async Task A_user_of_any_id_that_is_stored_can_be_read_exported_and_erased(string userId, string encoded)
    {
        var list = (await site.OkAsync("POST", "/api/user-lists", new { name = $"{Guid.NewGuid()}" }))["id"]!.GetValue<string>();
        var (added, _) = await site.RestAsync("POST", $"/api/user-lists/{list}/members", new JsonObject { ["add"] = new JsonArray(userId) }.ToJsonString());

        foreach (var (verb, path) in new[] { ("GET", $"/api/users/{encoded}"), ("GET", $"/api/users/{encoded}/export"), ("DELETE", $"/api/users/{encoded}") })
        {
            var (status, text) = await site.RestAsync(verb, path, null);
            Assert.True(added == 200 ? status == 200 : status is 200 or 404, $"{status} for {verb} {path}: {text}");
        }
    }

    static IEnumerable<HostileRequest> Requests()
    {
        var seen = new HashSet<FieldDescriptor>();
        foreach (var route in RpcCatalog.Journeys.Routes.Where(route => !route.IsNative))
        {
            foreach (var fields in Paths(route.Rpc.Method.InputType, [], seen))
            {
                foreach (var value in HostileValues.Of(fields[^1]).Where(value => IsFair(route, value)))
                    yield return new HostileRequest(route, fields, value);
            }
        }
    }

    // The fields of the request, and of each message inside it where it is met first.
    static IEnumerable<IReadOnlyList<FieldDescriptor>> Paths(MessageDescriptor type, List<FieldDescriptor> way, HashSet<FieldDescriptor> seen)
    {
        foreach (var field in type.Fields.InDeclarationOrder().Where(field => !field.IsMap && (way.Count == 0 || seen.Add(field))))
        {
            List<FieldDescriptor> path = [.. way, field];
            if (field.FieldType != FieldType.Message || field.MessageType.File.Package == "google.protobuf")
                yield return path;
            else if (path.Count < 9)
            {
                foreach (var inside in Paths(field.MessageType, path, seen))
                    yield return inside;
            }
        }
    }

    // Guessing passwords would lock out the tests beside this one.
    static bool IsFair(CallRoute route, Hostile value) =>
        route.Rpc.Role != Role.Public || value.Name is "NUL" or "a control character" or "half of a pair" or "a number" or "a list";

    async IAsyncEnumerable<string> UnreadableAsync()
    {
        foreach (var (list, items, id) in new[]
        {
            ("/api/journeys?pageSize=200", "journeys", "id"), ("/api/audiences?pageSize=200", "audiences", "id"), ("/api/user-lists?pageSize=200", "userLists", "id"),
            ("/api/users?pageSize=200", "users", "userId"), ("/api/jobs", "jobs", "id"),
        })
        {
            string token = "";
            do
            {
                var (status, text) = await site.RestAsync("GET", list.Contains('?', StringComparison.Ordinal) && token.Length > 0 ? $"{list}&pageToken={token}" : list, null);
                if (status != 200)
                {
                    yield return $"{list}: {status} {text}";
                    break;
                }

                var page = JsonNode.Parse(text)!;
                token = page["nextPageToken"]!.GetValue<string>();
                foreach (var item in page[items]!.AsArray())
                {
                    var path = $"{list.Split('?')[0]}/{Uri.EscapeDataString(item![id]!.GetValue<string>()).Replace(".", "%2E", StringComparison.Ordinal)}";
                    foreach (var more in items is "users" or "journeys" ? new[] { "", "/export" } : [""])
                    {
                        var (found, answer) = await site.RestAsync("GET", path + more, null);
                        if (found != 200)
                            yield return $"{path}{more}: {found} {answer}";
                    }
                }
            }
            while (token.Length > 0);
        }
    }
}
