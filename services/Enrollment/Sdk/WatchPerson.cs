using Grpc.Core;
using Journeys.Enrollments.Profiles;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Sdk;

/// <summary>Tells one open page where its person stands, at once and whenever that changes.</summary>
public sealed class WatchPerson(NpgsqlDataSource source, Positions positions, Watchers watchers)
{
    static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(10);
    static readonly TimeSpan LooksForUnknown = TimeSpan.FromSeconds(1);

    public async Task HandleAsync(PersonKey person, IServerStreamWriter<Proto.WatchResponse> stream, CancellationToken ct)
    {
        var told = new Dictionary<string, Proto.Position>();
        var quiet = TimeSpan.Zero;
        await stream.WriteAsync(new() { Kind = Proto.WatchResponse.Types.Kind.KeepAlive }, ct);

        while (!ct.IsCancellationRequested)
        {
            // Looked up anew after each rest: a visitor who is not known yet may become one, and may become a user.
            var profileId = await ProfileIdAsync(person, ct);
            if (profileId is null)
            {
                using var unknown = watchers.Begin(person.SiteId, Guid.Empty);
                await unknown.WaitAsync(LooksForUnknown, ct);
                // Proxies cut a line on which nothing comes, also while there is nobody to tell about.
                if ((quiet += LooksForUnknown) >= KeepAlive)
                {
                    quiet = TimeSpan.Zero;
                    await stream.WriteAsync(new() { Kind = Proto.WatchResponse.Types.Kind.KeepAlive }, ct);
                }

                continue;
            }

            // Begins to watch before it looks, so that nothing falls between.
            using var watch = watchers.Begin(person.SiteId, profileId.Value);
            await TellAsync(person.SiteId, profileId.Value, told, stream, ct);
            if (!await watch.WaitAsync(KeepAlive, ct))
                await stream.WriteAsync(new() { Kind = Proto.WatchResponse.Types.Kind.KeepAlive }, ct);
        }
    }

    async Task TellAsync(
        Guid siteId, Guid profileId, Dictionary<string, Proto.Position> told, IServerStreamWriter<Proto.WatchResponse> stream, CancellationToken ct)
    {
        foreach (var position in await positions.OfAsync(siteId, profileId, ct))
        {
            if (told.TryGetValue(position.JourneyId, out var last) && last.Equals(position))
                continue;

            told[position.JourneyId] = position;
            var isActive = position.Enrollment.Status == Proto.Enrollment.Types.Status.Active;
            await stream.WriteAsync(
                new() { Kind = isActive ? Proto.WatchResponse.Types.Kind.Position : Proto.WatchResponse.Types.Kind.Ended, Position = position }, ct);
        }
    }

    async Task<Guid?> ProfileIdAsync(PersonKey person, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return (await ProfileStore.FindAsync(connection, person, ct))?.ProfileId;
    }
}
