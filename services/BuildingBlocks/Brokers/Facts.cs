using Google.Protobuf;
using Google.Protobuf.Collections;
using Journeys.Protos.Events.V1;

namespace Journeys.BuildingBlocks.Brokers;

/// <summary>The messages for other programs, and the exchange that routes them by site, journey and kind.</summary>
static class Facts
{
    /// <summary>The topic exchange to which the exchanges of all facts are bound.</summary>
    public const string Exchange = "journeys.facts";

    // Of facts that concern no single journey.
    const string NoJourney = "-";

    static readonly Dictionary<string, MessageParser> Parsers = new MessageParser[]
    {
        EnrollmentStarted.Parser, EnrollmentCompleted.Parser, EnrollmentStopped.Parser, EnrollmentArchived.Parser, ProfileMerged.Parser,
        JourneyPublished.Parser, JourneyPaused.Parser, JourneyResumed.Parser, JourneyArchived.Parser, JourneyRestored.Parser,
        AudienceChanged.Parser, JourneysHaltChanged.Parser,
    }.ToDictionary(parser => parser.ParseFrom(ByteString.Empty).Descriptor.FullName);

    /// <summary>Whether other programs may read messages of this type.</summary>
    public static bool Has(string type) => Parsers.ContainsKey(type);

    /// <summary>Returns `SITE.JOURNEY.Kind` for a fact, and an empty key for every other message and for bytes that are none.</summary>
    public static string RoutingKeyOf(string type, byte[] body)
    {
        if (!Parsers.TryGetValue(type, out var parser))
            return "";

        IMessage fact;
        try
        {
            fact = parser.ParseFrom(body);
        }
        catch (InvalidProtocolBufferException)
        {
            return "";
        }

        var (siteId, journeyId) = fact switch
        {
            EnrollmentStarted started => (started.SiteId, JourneyOf(started.Enrollments)),
            EnrollmentCompleted completed => (completed.SiteId, JourneyOf(completed.Enrollments)),
            EnrollmentStopped stopped => (stopped.SiteId, JourneyOf(stopped.Enrollments)),
            EnrollmentArchived archived => (archived.SiteId, JourneyOf(archived.Enrollments)),
            JourneyPublished published => PlaceOf(published.State),
            JourneyPaused paused => PlaceOf(paused.State),
            JourneyResumed resumed => PlaceOf(resumed.State),
            JourneyArchived archived => PlaceOf(archived.State),
            JourneyRestored restored => PlaceOf(restored.State),
            ProfileMerged merged => (merged.SiteId, NoJourney),
            AudienceChanged changed => (changed.SiteId, NoJourney),
            JourneysHaltChanged changed => (changed.SiteId, NoJourney),
            _ => throw new InvalidOperationException($"Nothing says to which site a {type} belongs."),
        };
        return $"{siteId}.{journeyId}.{fact.Descriptor.Name}";
    }

    // All are of one journey, but for messages that a release before this one left in the outbox.
    static string JourneyOf(RepeatedField<EnrollmentFact> facts) =>
        facts.Count > 0 && facts.All(fact => fact.JourneyId == facts[0].JourneyId) ? facts[0].JourneyId : NoJourney;

    static (string SiteId, string JourneyId) PlaceOf(JourneyState? state) => (state?.SiteId ?? "", state?.JourneyId ?? NoJourney);
}
