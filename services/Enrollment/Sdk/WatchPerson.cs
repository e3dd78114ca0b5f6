using Grpc.Core;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Profiles;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Sdk;

/// <summary>Streams the positions of a person to one open page, immediately and after each change.</summary>
public sealed class WatchPerson(NpgsqlDataSource source, Positions positions, PositionSubscriptions subscriptions)
{
    static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(10);

    public async Task HandleAsync(PersonKey person, IServerStreamWriter<Proto.WatchResponse> stream, CancellationToken ct)
    {
        var told = new Dictionary<string, Proto.Position>();
        // Subscribes before it reads, so that no change is missed.
        using var watch = subscriptions.Subscribe(person);
        await stream.WriteAsync(new() { Kind = Proto.WatchResponse.Types.Kind.KeepAlive }, ct);

        while (true)
        {
            // Looked up again at each notification: the visitor may have been stored, or joined to a user, since.
            subscriptions.Know(watch, await LookUpAsync(person, ct));
            if (watch.ProfileId is { } profileId)
                await TellAsync(person.SiteId, profileId, told, stream, ct);
            // Proxies close idle connections.
            while (!await watch.WaitAsync(KeepAlive, ct))
                await stream.WriteAsync(new() { Kind = Proto.WatchResponse.Types.Kind.KeepAlive }, ct);
        }
    }

    async Task TellAsync(
        Guid siteId, Guid profileId, Dictionary<string, Proto.Position> told, IServerStreamWriter<Proto.WatchResponse> stream, CancellationToken ct)
    {
        foreach (var position in (await positions.OfAsync(siteId, profileId, ct)).ForPages())
        {
            if (told.TryGetValue(position.JourneyId, out var last) && last.Equals(position))
                continue;

            told[position.JourneyId] = position;
            var isActive = position.Enrollment.Status == Proto.Enrollment.Types.Status.Active;
            await stream.WriteAsync(
                new() { Kind = isActive ? Proto.WatchResponse.Types.Kind.Position : Proto.WatchResponse.Types.Kind.Ended, Position = position }, ct);
        }
    }

    async Task<KnownAs?> LookUpAsync(PersonKey person, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await ProfileStore.FindAsync(connection, person, ct) is { } profile ? new(profile.ProfileId, profile.UserId) : null;
    }
}
