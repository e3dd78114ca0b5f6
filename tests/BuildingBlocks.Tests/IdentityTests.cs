using System.Net;
using System.Text;
using Grpc.Core;
using Grpc.Health.V1;
using Journeys.BuildingBlocks.Connections;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos.Scheduler.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.BuildingBlocks.Tests;

public sealed class IdentityTests : IAsyncLifetime
{
    static readonly Guid Site = Guid.CreateVersion7();

    TestService service = null!;

    public async Task InitializeAsync() => service = await TestService.StartAsync(
        context => Task.FromResult(new Job { Id = $"{context.SiteId()} {context.Subject()} {context.Role()}" }));

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task The_service_knows_the_site_the_subject_and_the_role()
    {
        var job = await service.Client.GetJobAsync(new GetJobRequest(), service.As(Role.Editor, Site));

        Assert.Equal($"{Site} me Editor", job.Id);
    }

    [Fact]
    public async Task Without_a_token_nothing_is_answered() =>
        Assert.Equal(StatusCode.Unauthenticated, await GetAsync([]));

    [Fact]
    public async Task A_plain_header_is_not_believed() =>
        Assert.Equal(StatusCode.Unauthenticated, await GetAsync(new Metadata { { "site", Site.ToString() }, { "role", "ADMIN" } }));

    [Fact]
    public async Task A_token_signed_with_another_key_is_refused()
    {
        var key = Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('x', 32)));
        var forger = new IdentityTokens(Options.Create(new IdentityOptions { SigningKey = key }), TimeProvider.System);

        Assert.Equal(StatusCode.Unauthenticated, await GetAsync(TestService.With(forger.Sign(new Caller(Site, "me", Role.Admin)))));
    }

    [Fact]
    public async Task Keys_are_exchanged_without_a_refused_call()
    {
        var (old, next) = (Key('o'), Key('n'));
        // Every step reaches the replicas one after the other, so each must understand the one before.
        var steps = new[]
        {
            Tokens(old), Tokens(old, accepted: next), Tokens(next, accepted: old), Tokens(next),
        };
        var caller = new Caller(Site, "me", Role.Editor);

        foreach (var (before, after) in steps.Zip(steps.Skip(1)))
        {
            Assert.Equal(caller, await before.VerifyAsync(after.Sign(caller)));
            Assert.Equal(caller, await after.VerifyAsync(before.Sign(caller)));
        }

        await Assert.ThrowsAsync<NotSignedIn>(() => steps[3].VerifyAsync(steps[0].Sign(caller)));
    }

    static string Key(char letter) => Convert.ToBase64String(Encoding.UTF8.GetBytes(new string(letter, 32)));

    static IdentityTokens Tokens(string key, string accepted = "") =>
        new(Options.Create(new IdentityOptions { SigningKey = key, AcceptedKeys = accepted }), TimeProvider.System);

    [Fact]
    public async Task A_token_that_was_changed_is_refused()
    {
        var parts = service.Tokens.Sign(new Caller(Site, "me", Role.Person)).Split('.');
        var claims = Encoding.UTF8.GetString(Convert.FromBase64String(parts[1].PadRight((parts[1].Length + 3) / 4 * 4, '=').Replace('-', '+').Replace('_', '/')));
        parts[1] = Convert.ToBase64String(Encoding.UTF8.GetBytes(claims.Replace("PERSON", "ADMIN"))).TrimEnd('=').Replace('+', '-').Replace('/', '_');

        Assert.Equal(StatusCode.Unauthenticated, await GetAsync(TestService.With(string.Join('.', parts))));
    }

    [Fact]
    public async Task A_token_without_a_signature_is_refused()
    {
        var parts = service.Tokens.Sign(new Caller(Site, "me", Role.Admin)).Split('.');
        parts[0] = Convert.ToBase64String("""{"alg":"none","typ":"JWT"}"""u8).TrimEnd('=');

        Assert.Equal(StatusCode.Unauthenticated, await GetAsync(TestService.With($"{parts[0]}.{parts[1]}.")));
    }

    [Fact]
    public async Task An_expired_token_is_refused()
    {
        var old = service.Tokens.Sign(new Caller(Site, "me", Role.Admin), lifetime: TimeSpan.FromMinutes(-1));

        Assert.Equal(StatusCode.Unauthenticated, await GetAsync(TestService.With(old)));
    }

    [Theory]
    [InlineData(Role.Person, StatusCode.PermissionDenied)]
    [InlineData(Role.Viewer, StatusCode.PermissionDenied)]
    [InlineData(Role.Editor, StatusCode.OK)]
    [InlineData(Role.Admin, StatusCode.OK)]
    [InlineData(Role.Service, StatusCode.OK)]
    public async Task An_rpc_needs_the_role_that_its_proto_says(Role role, StatusCode expected)
    {
        var cancel = service.Client.CancelJobAsync(new CancelJobRequest(), service.As(role));

        Assert.Equal(expected, await StatusOfAsync(cancel));
    }

    [Fact]
    public async Task An_admin_cannot_call_what_only_services_may() =>
        Assert.Equal(StatusCode.PermissionDenied, await StatusOfAsync(service.Client.StartJobAsync(new StartJobRequest(), service.As(Role.Admin))));

    [Fact]
    public async Task A_service_calls_another_as_itself_for_a_site()
    {
        var builder = WebApplication.CreateBuilder([$"--Services:Scheduler={service.Address}", "--applicationName=Caller"]);
        builder.AddServiceDefaults("test");
        builder.AddServiceClient<SchedulerService.SchedulerServiceClient>("Scheduler");
        await using var caller = builder.Build();
        var client = caller.Services.GetRequiredService<SchedulerService.SchedulerServiceClient>();

        var job = await client.StartJobAsync(new StartJobRequest(), ServiceCall.For(Site, CancellationToken.None));

        Assert.Equal($"{Site} Caller Service", job.Id);
    }

    [Fact]
    public async Task Health_needs_no_token()
    {
        var health = await new Health.HealthClient(service.Channel).CheckAsync(new HealthCheckRequest());
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        var live = await http.GetAsync(new Uri($"{service.Address}/health/live"));

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    Task<StatusCode> GetAsync(Metadata headers) => StatusOfAsync(service.Client.GetJobAsync(new GetJobRequest(), headers));

    static async Task<StatusCode> StatusOfAsync(AsyncUnaryCall<Job> call)
    {
        try
        {
            await call;
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }
}
