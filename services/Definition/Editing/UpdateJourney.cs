using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Databases;
using Journeys.Definitions.Journeys;
using Journeys.Protos.Definition.V1;
using Npgsql;

namespace Journeys.Definitions.Editing;

/// <summary>
/// Changes a draft. Fields that the request omits stay unchanged. People inside are in versions and are not affected.
/// </summary>
public sealed class UpdateJourney(NpgsqlDataSource source, TimeProvider time)
{
    /// <exception cref="NotFound">The site has no such journey.</exception>
    /// <exception cref="Conflict">Reason STALE_REVISION.</exception>
    /// <exception cref="InvalidInput">A field cannot be stored.</exception>
    /// <exception cref="Refused">Reason JOURNEY_ARCHIVED, or KEY_FIXED: a version has been published under the key.</exception>
    /// <exception cref="AlreadyThere">Reason KEY_TAKEN.</exception>
    public Task<JourneyRow> HandleAsync(Guid siteId, Guid journeyId, UpdateJourneyRequest request, CancellationToken ct) =>
        source.InTransactionAsync(
            async transaction =>
            {
                var journey = await JourneyStore.LockAsync(transaction, siteId, journeyId, ct) ?? throw new NotFound("journey", journeyId);
                if (journey.Status == JourneyStatuses.Archived)
                    throw new Refused("JOURNEY_ARCHIVED", "An archived journey cannot be changed; restore it first.");
                journey.RequireRevision(request.HasRevision ? request.Revision : null);

                var before = journey.ReadDraft();
                var design = DesignCheck.Draft(Change(before.Clone(), request));
                var key = await KeyAsync(transaction, journey, request, ct);
                if (design.Equals(before))
                    return key == journey.Key ? journey : await RenameAsync(transaction, journey, key, ct);

                var draft = design.ToByteArray();
                var changed = journey with
                {
                    Draft = draft,
                    Key = key,
                    Name = design.Name,
                    Nodes = design.Graph.Nodes.Count,
                    Edges = design.Graph.Edges.Count,
                    Revision = journey.Revision + 1,
                    DraftChanged = !await JourneyStore.IsVersionAsync(transaction, journey, draft, ct),
                    UpdatedAt = time.GetStoredNow(),
                };
                await JourneyStore.UpdateAsync(transaction, changed, ct);
                await AudienceUseStore.NoteAsync(transaction, changed, design, ofDraft: true, ct);
                return changed;
            },
            ct);

    // Changes only the key; the draft and its revision stay.
    async Task<JourneyRow> RenameAsync(NpgsqlTransaction transaction, JourneyRow journey, string key, CancellationToken ct)
    {
        var renamed = journey with { Key = key, UpdatedAt = time.GetStoredNow() };
        await JourneyStore.UpdateAsync(transaction, renamed, ct);
        return renamed;
    }

    // The key is fixed once a version was published, because programs may use it from then on.
    static async Task<string> KeyAsync(NpgsqlTransaction transaction, JourneyRow journey, UpdateJourneyRequest request, CancellationToken ct)
    {
        if (!request.HasKey || Keys.Check(request.Key, "key") == journey.Key)
            return journey.Key;
        if (journey.Version > 0)
            throw new Refused("KEY_FIXED", "The key of a journey does not change once a version is published.");

        await Quota.TakeTurnAsync(transaction, "definition.journey", journey.SiteId, ct);
        return Keys.Choose("journey", request.Key, "", await KeyStore.ListOfJourneysAsync(transaction, journey.SiteId, ct));
    }

    static Design Change(Design design, UpdateJourneyRequest request)
    {
        if (request.HasName)
            design.Name = request.Name;
        if (request.HasDescription)
            design.Description = request.Description;
        if (request.HasAudienceId)
            design.AudienceId = request.AudienceId;
        if (request.HasAutoEnroll)
            design.AutoEnroll = request.AutoEnroll;
        if (request.HasAllowAnonymous)
            design.AllowAnonymous = request.AllowAnonymous;
        if (request.HasReEnrollment)
            design.ReEnrollment = request.ReEnrollment;
        if (request.ReEnrollmentCooldown is { } cooldown)
            design.ReEnrollmentCooldown = cooldown;
        if (request.Goal is { } goal)
            design.Goal = goal;
        if (request.HasTimeZone)
            design.TimeZone = request.TimeZone;
        if (request.Graph is { } graph)
            design.Graph = graph;
        if (request.Exits is { } exits)
        {
            design.Exits.Clear();
            design.Exits.Add(exits.Rules);
        }

        return design;
    }
}
