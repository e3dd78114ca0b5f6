using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Journeys.Protos.Definition.V1;
using Npgsql;

namespace Journeys.Definitions.Tests;

/// <summary>Somebody who designs journeys on one site.</summary>
public sealed class Author
{
    readonly NpgsqlDataSource database;

    public Author(Guid siteId, GrpcChannel channel, string token, NpgsqlDataSource database)
    {
        this.database = database;
        SiteId = siteId;
        var signed = channel.Intercept(headers =>
        {
            headers.Add("authorization", $"Bearer {token}");
            return headers;
        });
        Journeys = new(signed);
        Audiences = new(signed);
        Halts = new(signed);
    }

    public Guid SiteId { get; }

    public JourneyService.JourneyServiceClient Journeys { get; }

    public AudienceService.AudienceServiceClient Audiences { get; }

    public SiteHaltService.SiteHaltServiceClient Halts { get; }

    /// <summary>A journey in a status, brought there by the moves that lead to it.</summary>
    public async Task<Journey> JourneyAsync(Journey.Types.Status status = Journey.Types.Status.Draft, CreateJourneyRequest? design = null)
    {
        var journey = await Journeys.CreateJourneyAsync(design ?? Designs.Simple());
        if (status is Journey.Types.Status.Published or Journey.Types.Status.Paused)
            journey = await Journeys.PublishJourneyAsync(new() { Id = journey.Id });
        if (status == Journey.Types.Status.Paused)
            journey = await Journeys.PauseJourneyAsync(new() { Id = journey.Id });
        if (status == Journey.Types.Status.Archived)
            journey = await Journeys.ArchiveJourneyAsync(new() { Id = journey.Id });
        return journey;
    }

    public async Task<Journey> GetAsync(string id) => await Journeys.GetJourneyAsync(new() { Id = id });

    /// <summary>An audience of those whose plan is this.</summary>
    public async Task<Audience> AudienceAsync(string name, string plan = "pro") =>
        await Audiences.CreateAudienceAsync(new() { Name = name, Rule = Designs.Plan(plan) });

    /// <summary>The messages of this site in the outbox, oldest first.</summary>
    public async Task<IReadOnlyList<(string Type, byte[] Body)>> MessagesAsync()
    {
        await using var command = database.CreateCommand("select message_type, body from definition.outbox order by outbox_id");
        await using var reader = await command.ExecuteReaderAsync();
        var messages = new List<(string, byte[])>();
        while (await reader.ReadAsync())
            messages.Add((reader.GetString(0)["journeys.events.v1.".Length..], reader.GetFieldValue<byte[]>(1)));
        return [.. messages.Where(message => System.Text.Encoding.UTF8.GetString(message.Item2).Contains(SiteId.ToString(), StringComparison.Ordinal))];
    }
}

/// <summary>What a refused call says.</summary>
public static class Refusal
{
    /// <summary>The refusal of a call that must be refused.</summary>
    public static async Task<(StatusCode Code, string Reason, string Message, string[] Fields)> Of<T>(AsyncUnaryCall<T> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(async () => await call);
        var status = error.GetRpcStatus()!;
        return (
            error.StatusCode, status.GetDetail<ErrorInfo>().Reason, error.Status.Detail,
            [.. status.GetDetail<BadRequest>()?.FieldViolations.Select(violation => violation.Field) ?? []]);
    }

    /// <summary>Asserts that a call is refused for its input, and names these fields.</summary>
    public static async Task OfInput<T>(AsyncUnaryCall<T> call, params string[] fields)
    {
        var refusal = await Of(call);
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_INPUT"), (refusal.Code, refusal.Reason));
        Assert.Equal(fields, refusal.Fields);
    }

    /// <summary>Asserts that a call is refused with a code and a reason.</summary>
    public static async Task With<T>(StatusCode code, string reason, AsyncUnaryCall<T> call)
    {
        var refusal = await Of(call);
        Assert.Equal((code, reason), (refusal.Code, refusal.Reason));
    }
}
