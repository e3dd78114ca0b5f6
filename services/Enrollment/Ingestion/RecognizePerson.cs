using Google.Protobuf.WellKnownTypes;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Npgsql;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Ingestion;

/// <summary>
/// Answers a call that identifies a person and changes nothing, as most do, from one statement: without a transaction,
/// and without a write unless the person was not seen for a minute.
/// </summary>
/// <remarks>
/// Everything is read at one time, at which the whole call would have changed nothing. That includes the number of the
/// site's last change: a sweep of a journey that comes later finds the person as the call did.
/// </remarks>
public sealed class RecognizePerson(
    NpgsqlDataSource source, EnrollmentQueries queries, JourneyCatalog catalog, MoveEnrollments move, TimeProvider time)
{
    /// <summary>Returns the result; null if something is to be written, or might be.</summary>
    public async Task<IdentifyPerson.Outcome?> HandleAsync(
        PersonKey person, Struct? traits, Proto.Context? context, MayEnter mayEnter, CancellationToken ct)
    {
        var askedAt = time.GetTimestamp();
        var found = await queries.FindPersonAsync(person, endedSince: null, ct);
        if (found is null)
            return null;

        var site = await catalog.NowAsync(person.SiteId, found.ChangeNo, askedAt, ct);
        var profile = found.Profile;
        // Who has more enrollments than were read may have one in any journey.
        if (found.IsErased || !found.IsJoined || !person.Proves(profile.UserId) || found.Latest.Count == EnrollmentQueries.MostOfPerson)
            return null;

        var warnings = new List<Proto.Warning>();
        if (PersonContext.Merge(profile, context, warnings) with { Traits = PersonContext.MergeTraits(profile.Traits, traits) } != profile)
            return null;
        if (!await move.ChangesNothingAsync(site, person.SiteId, profile, found.Latest, mayEnter, ct))
            return null;

        var now = time.GetUtcNow();
        if (profile.WasSeenBefore(now) && !await ProfileStore.NoteSeenAsync(source, person.SiteId, profile, now, ct))
            return null;
        return new(profile, Merged: false, Enrollments: [], warnings) { Latest = found.Latest };
    }
}
