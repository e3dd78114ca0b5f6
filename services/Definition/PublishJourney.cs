using Journeys.BuildingBlocks;
using Npgsql;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Definitions;

/// <summary>Makes the draft the next version, after everything about it was found right.</summary>
public sealed class PublishJourney(NpgsqlDataSource source, JourneyStore journeys, IdempotencyKeys keys, Outbox outbox, Nudge nudge, TimeProvider time)
{
    public async Task<JourneyRow> HandleAsync(Guid siteId, Guid journeyId, int? revision, string publisher, RequestKey? key, CancellationToken ct)
    {
        var (journey, message) = await source.InTransactionAsync(
            async transaction =>
            {
                var isRepeat = await keys.ClaimAsync(transaction, key, [journeyId], ct) is not null;
                // The lock makes two racing publications two versions, one after the other.
                var journey = await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) ?? throw new NotFound("journey", journeyId);
                if (isRepeat)
                    return (journey, null);

                MoveJourney.RequireMove(journey, "publish", ["DRAFT", "PUBLISHED"]);
                UpdateJourney.RequireRevision(journey, revision);

                var design = journey.ReadDraft();
                await AudienceUse.HoldAsync(transaction, siteId, design, ct);
                var problems = DesignCheck.Publication(design, AudienceStore.RulesOf(await AudienceStore.ListAllAsync(transaction, siteId, ct)));
                if (problems.Count > 0)
                {
                    throw new Refused(
                        "GRAPH_INVALID", $"The journey cannot be published: {problems.Count} problems.",
                        [.. problems.Select(problem => new Violation(problem.Field, problem.Message))]);
                }

                var now = time.GetStoredNow();
                var published = journey with
                {
                    Status = "PUBLISHED",
                    Version = journey.Version + 1,
                    ChangeNo = journey.ChangeNo + 1,
                    DraftChanged = false,
                    UpdatedAt = now,
                    PublishedAt = now,
                };
                var message = new Events.JourneyPublished
                {
                    State = MoveJourney.StateOf(published),
                    Version = new VersionRow
                    {
                        JourneyId = journeyId,
                        Version = published.Version,
                        Design = published.Draft,
                        Nodes = published.Nodes,
                        Edges = published.Edges,
                        Publisher = publisher,
                        PublishedAt = now,
                    }.ToProto(),
                };
                await JourneyStore.UpdateAsync(transaction, published, ct);
                await JourneyStore.AddVersionAsync(transaction, published, publisher, ct);
                await AudienceUse.NoteAsync(transaction, published, design, ofDraft: false, ct);
                await ChangeStore.AddMoveAsync(transaction, published, "PUBLISHED", ct);
                await outbox.AddAsync(transaction, message, ct);
                return (published, (Events.JourneyPublished?)message);
            },
            ct);

        return journey.Status == "PUBLISHED"
            ? journey with { AppliedEverywhere = await nudge.SendAsync(message ?? await MessageOfAsync(journey, ct), ct) }
            : journey;
    }

    // For a repeat, because telling Enrollment may be what the first call did not come to.
    async Task<Events.JourneyPublished> MessageOfAsync(JourneyRow journey, CancellationToken ct) => new()
    {
        State = MoveJourney.StateOf(journey),
        Version = (await journeys.FindVersionAsync(journey.SiteId, journey.JourneyId, journey.Version, ct))!.ToProto(),
    };
}
