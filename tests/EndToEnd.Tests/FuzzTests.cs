using System.Net.Http.Headers;
using System.Text;
using CsCheck;
using Journeys.Gateways.Routing;

namespace Journeys.EndToEnd.Tests;

/// <summary>Whatever is sent to whatever route, the fault is never ours.</summary>
[Collection(SharedDeployment.Name)]
public sealed class FuzzTests(Deployment deployment) : IDisposable
{
    const int Calls = 4_000;

    static readonly CallRoute[] Routes =
        [.. RpcCatalog.Journeys.Routes.Where(route => !route.IsNative && !route.Rpc.Streams)];

    static readonly string[] Names = [.. Routes.SelectMany(route => route.Rpc.Method.InputType.Fields.InDeclarationOrder()).Select(field => field.JsonName).Distinct()];

    static readonly Gen<string> Segment =
        Gen.OneOf("01890a5d-ac96-774b-bcce-b302099a8057", "1", "-1", "99999999999", "%00", "%2F", "%", "%C3%28", "a%0Ab", "..", "%2e%2e", "é", "x");

    static readonly Gen<string> Query = Gen.Select(Gen.OneOf(Names), Gen.OneOf("1", "-1", "x", "%00", "%FF", "DRAFT", "3600s", "2026-01-01T00:00:00Z", "", "&a"))
        .Array[0, 2].Select(pairs => string.Join('&', pairs.Select(pair => $"{pair.Item1}={pair.Item2}")));

    // One byte that does not belong there, after which it is cut off; mostly none.
    static readonly Gen<(bool Spoils, int At, byte Wrong)> Spoiling = Gen.Select(Gen.Int[0, 9].Select(tenth => tenth == 0), Gen.Int[0, 200], Gen.Byte);

    readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task No_request_is_answered_with_a_5xx()
    {
        var own = await deployment.Api.PublishAsync(Designs.TwoSteps("600s"));
        var requests = Gen.Select(Gen.OneOf(Routes), Gen.Frequency((3, Gen.Const(own)), (1, Segment)).Array[4], Query, Gen.Int, Spoiling);

        await requests.SampleAsync(
            async (route, segments, query, seed, spoiling) =>
            {
                var target = Fill(route, segments) + (query.Length > 0 && !route.HasBody ? $"?{query}" : "");
                var body = Spoil(Encoding.UTF8.GetBytes(new RandomJson(seed, own).Of(route.Rpc.Method.InputType)), spoiling);

                // A machine that stood still for some seconds says 503 or 504 once; a request that always does is a fault.
                var (status, type, text) = await CallAsync(route, target, route.HasBody ? body : null);
                for (var tries = 1; status is 503 or 504 && tries < 3; tries++)
                    (status, type, text) = await CallAsync(route, target, route.HasBody ? body : null);

                // What the server refuses before it has read a request has no words.
                Assert.True(
                    status < 500 && (status == 200 || type == "application/problem+json" || status == 400),
                    $"{status} {type} from {route.Verb} {target}: {text}\n{Encoding.UTF8.GetString(body)}");
            },
            iter: Calls,
            threads: 8);
    }

    public void Dispose() => http.Dispose();

    static byte[] Spoil(byte[] json, (bool Spoils, int At, byte Wrong) spoiling)
    {
        if (!spoiling.Spoils)
            return json;

        var spoiled = json[..Math.Min(json.Length, spoiling.At + 1)];
        spoiled[^1] = spoiling.Wrong;
        return spoiled;
    }

    static string Fill(CallRoute route, string[] segments)
    {
        var parts = route.Path.Split('/');
        for (var number = 0; number < route.Variables.Count; number++)
            parts[route.Variables[number].Segment] = segments[number];
        return string.Join('/', parts);
    }

    async Task<(int Status, string? Type, string Text)> CallAsync(CallRoute route, string target, byte[]? body)
    {
        // Kept as it is written: a Uri would tidy it up.
        var address = new Uri(deployment.Gateway.Address.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(route.Verb), address);
        request.Headers.Add("X-API-Key", Deployment.SecretKey);
        if (body is not null)
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

        using var response = await http.SendAsync(request);
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync());
    }
}
