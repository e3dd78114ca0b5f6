using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Identities;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Options.V1;
using Journeys.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Journeys.Definitions.Tests;

/// <summary>The Definition service on a database of its own. Nobody takes its messages, so they stay in the outbox to be read there.</summary>
public sealed class DefinitionUnderTest : IAsyncLifetime
{
    static readonly string SigningKey = Convert.ToBase64String(new byte[32]);

    WebApplication app = null!;
    TestDatabase database = null!;
    GrpcChannel channel = null!;

    public NpgsqlDataSource Database => database.DataSource;

    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>The changes, as another service asks for them.</summary>
    public ChangeService.ChangeServiceClient Changes => new(channel.Intercept(headers =>
    {
        headers.Add("authorization", $"Bearer {Get<IdentityTokens>().Sign(new Caller(Guid.Empty, "tests", Access.Types.Role.Service))}");
        return headers;
    }));

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateAsync(
            "definition", connection => Migrations.MigrateAsync(connection, "definition", typeof(DefinitionApp).Assembly));
        app = DefinitionApp.Create(
        [
            "--urls=http://127.0.0.1:0", $"--Postgres:ConnectionString={database.ConnectionString}", $"--Messaging:Broker=memory://{database.Name}",
            $"--Identity:SigningKey={SigningKey}", "--Services:Enrollment=http://127.0.0.1:1", "--Logging:LogLevel:Default=Error",
        ]);
        await app.StartAsync();
        channel = GrpcChannel.ForAddress(app.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        channel.Dispose();
        await app.DisposeAsync();
        await database.DisposeAsync();
    }

    /// <summary>An author of a site that nobody else in the tests uses.</summary>
    public Author NewSite() => As(Guid.CreateVersion7());

    /// <summary>An author of a site.</summary>
    public Author As(Guid siteId, Access.Types.Role role = Access.Types.Role.Editor) => new(
        siteId, channel, app.Services.GetRequiredService<IdentityTokens>().Sign(new Caller(siteId, "me", role)), Database);
}
