using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.BuildingBlocks.Outboxes;
using Journeys.BuildingBlocks.Requests;
using Journeys.Definitions.Audiences;
using Journeys.Definitions.Changes;
using Journeys.Definitions.Journeys;
using Journeys.Engine;
using Journeys.EngineContracts;
using Microsoft.Extensions.Options;
using Npgsql;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Definitions.Lifecycle;

/// <summary>Publishes the draft as the next version, after checking all of it.</summary>
public sealed class PublishJourney(
    NpgsqlDataSource source, IdempotencyKeys keys, Outbox outbox, Nudge nudge, IOptions<DefinitionQuotas> quotas, TimeProvider time)
{
    /// <summary>Publishes the draft. A repeat of the request changes nothing.</summary>
    /// <param name="siteId">The site.</param>
    /// <param name="journeyId">The journey.</param>
    /// <param name="revision">The draft's revision as its author saw it; null to publish whatever it is.</param>
    /// <param name="publisher">The id of the member or key that publishes it.</param>
    /// <param name="note">What is new in this version, for the team.</param>
    /// <param name="key">The request.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <exception cref="NotFound">The site has no such journey.</exception>
    /// <exception cref="InvalidInput">The note is too long.</exception>
    /// <exception cref="Conflict">Reason STALE_REVISION.</exception>
    /// <exception cref="Refused">
    /// Reason ILLEGAL_MOVE (it is archived), GRAPH_INVALID with the fields that have to change, TOO_MANY_VERSIONS or TOO_MUCH_PUBLISHED.
    /// </exception>
    /// <exception cref="AlreadyThere">Reason REQUEST_ID_REUSED.</exception>
    public async Task<JourneyRow> HandleAsync(
        Guid siteId, Guid journeyId, int? revision, string publisher, string note, RequestKey? key, CancellationToken ct)
    {
        Check.Text(note, 0, Limits.Note, "note");
        var (journey, message) = await source.InTransactionAsync(
            async transaction =>
            {
                var isRepeat = await keys.ClaimAsync(transaction, key, [journeyId], ct) is not null;
                // The lock serializes concurrent publications, so that they get successive versions.
                var journey = await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) ?? throw new NotFound("journey", journeyId);
                if (isRepeat)
                    return (journey, null);

                journey.RequireStatus("publish", [JourneyStatuses.Draft, JourneyStatuses.Published, JourneyStatuses.Paused]);
                journey.RequireRevision(revision);

                var design = journey.ReadDraft();
                await AudienceUseStore.HoldAsync(transaction, siteId, design, ct);
                var problems = PublicationCheck.ProblemsOf(design, AudienceStore.RulesOf(await AudienceStore.ListAllAsync(transaction, siteId, ct)));
                if (problems.Count > 0)
                {
                    throw new Refused(
                        "GRAPH_INVALID", $"The journey cannot be published: {Counted.Of(problems.Count, "problem")}.",
                        [.. problems.Select(problem => new Violation(problem.Field, problem.Message))]);
                }

                await RequireRoomAsync(transaction, journey, ct);

                var now = time.GetStoredNow();
                var published = journey with
                {
                    // A paused journey stays paused, so that a fix can be published before people move on.
                    Status = journey.Status == JourneyStatuses.Paused ? JourneyStatuses.Paused : JourneyStatuses.Published,
                    Version = journey.Version + 1,
                    ChangeNo = journey.ChangeNo + 1,
                    DraftChanged = false,
                    UpdatedAt = now,
                    PublishedAt = now,
                };
                await JourneyStore.UpdateAsync(transaction, published, ct);
                await JourneyStore.AddVersionAsync(transaction, published, publisher, note, ct);
                await AudienceUseStore.NoteAsync(transaction, published, design, ofDraft: false, ct);
                var pauses = await ChangeStore.AddMoveAsync(
                    transaction, published, ChangeKinds.Published, policy: null, pausedAt: null, ct);
                var message = new Events.JourneyPublished
                {
                    State = published.ToState(pauses),
                    Version = new VersionRow
                    {
                        JourneyId = journeyId,
                        Version = published.Version,
                        Design = published.Draft,
                        Nodes = published.Nodes,
                        Edges = published.Edges,
                        Publisher = publisher,
                        Note = note,
                        PublishedAt = now,
                    }.ToProto(),
                };
                await outbox.AddAsync(transaction, message, ct);
                return (published, (Events.JourneyPublished?)message);
            },
            ct);

        return message is null ? await nudge.RepeatAsync(journey, ct) : journey with { AppliedEverywhere = await nudge.SendAsync(message, ct) };
    }

    // The lock of the journey serializes its versions; a turn serializes the sum over the site.
    async Task RequireRoomAsync(NpgsqlTransaction transaction, JourneyRow journey, CancellationToken ct)
    {
        var most = quotas.Value;
        if (journey.Version >= most.VersionsPerJourney)
            throw new Refused("TOO_MANY_VERSIONS", $"A journey has at most {most.VersionsPerJourney} versions; clone it to continue.");

        await Quota.TakeTurnAsync(transaction, "definition.version", journey.SiteId, ct);
        if (await JourneyStore.PublishedBytesAsync(transaction, journey, ct) + journey.Draft.Length > most.PublishedMegabytesPerSite * Limits.Megabyte)
        {
            throw new Refused(
                "TOO_MUCH_PUBLISHED",
                $"The newest versions of a site's journeys can have at most {most.PublishedMegabytesPerSite} MiB in total. Publish smaller versions.");
        }
    }
}
