using Journeys.BuildingBlocks.Identities;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Tests;

/// <summary>The name of the database's host does not resolve any more.</summary>
public sealed class LostDatabaseTests(LostDatabaseTests.Fixture fixture) : IClassFixture<LostDatabaseTests.Fixture>
{
    [Fact]
    public async Task A_call_is_told_to_come_back()
    {
        using var client = new HttpClient { BaseAddress = new(fixture.Lost.Urls.First()) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/journeys");
        request.Headers.Add("X-API-Key", GatewayUnderTest.SecretKey);

        using var response = await client.SendAsync(request);

        Assert.Equal((503, "1"), ((int)response.StatusCode, response.Headers.RetryAfter?.ToString()));
        Assert.Contains("TRY_AGAIN", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_goes_on_because_nobody_can_judge_it()
    {
        var streams = fixture.Lost.Services.GetRequiredService<OpenStreams>();
        var context = new DefaultHttpContext();
        context.Request.Headers["X-API-Key"] = GatewayUnderTest.SecretKey;
        var route = RpcCatalog.Journeys.Routes.First(route => route is { Rpc.Streams: true, IsNative: false });
        using var stream = streams.Open(
            context, route, new Admitted(new Caller(Guid.NewGuid(), "somebody", Role.Editor), null), Credentials.Of(context.Request, route), message: null);

        // The loop that looks tries again.
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => streams.RunOnceAsync(CancellationToken.None));

        Assert.Null(stream.Ended);
        Assert.False(context.RequestAborted.IsCancellationRequested);
    }

    /// <summary>A gateway that found its database when it migrated, and does not find it for anything else.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        GatewayUnderTest gateway = null!;

        public WebApplication Lost { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            gateway = await GatewayUnderTest.StartAsync();
            Lost = GatewayApp.Create(
            [
                .. gateway.Settings,
                "--Access:Bootstrap:SiteName=",
                $"--Postgres:MigrationConnectionString={gateway.Database.ConnectionString}",
                "--Postgres:ConnectionString=Host=no-such-host.invalid;Username=u;Database=d",
            ]);
            await Lost.StartAsync();
        }

        public async Task DisposeAsync()
        {
            await Lost.DisposeAsync();
            await gateway.DisposeAsync();
        }
    }
}
