using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.Protos.Events.V1;
using Journeys.Protos.Options.V1;

namespace Journeys.BuildingBlocks.Brokers;

/// <summary>The messages for other programs, and the exchange that routes them by site, journey and kind.</summary>
public static class Facts
{
    /// <summary>The topic exchange to which the exchanges of all facts are bound.</summary>
    public const string Exchange = "journeys.facts";

    // Of facts that concern no single journey.
    const string NoJourney = "-";

    /// <summary>The types of these messages.</summary>
    public static IReadOnlyList<MessageDescriptor> All { get; } =
        [.. EventsReflection.Descriptor.MessageTypes.Where(message => message.GetOptions()?.GetExtension(FactExtensions.Fact) ?? false)];

    static readonly Dictionary<string, MessageDescriptor> Kinds = All.ToDictionary(fact => fact.FullName);

    /// <summary>Whether other programs may read messages of this type.</summary>
    public static bool Has(string type) => Kinds.ContainsKey(type);

    /// <summary>Returns `SITE.JOURNEY.Kind` for a fact, and an empty key for every other message and for bytes that are none.</summary>
    public static string RoutingKeyOf(string type, byte[] body)
    {
        if (!Kinds.TryGetValue(type, out var kind))
            return "";

        try
        {
            var (siteId, journeyId) = PlaceOf(kind.Parser.ParseFrom(body));
            return $"{siteId}.{journeyId}.{kind.Name}";
        }
        catch (InvalidProtocolBufferException)
        {
            return "";
        }
    }

    // A fact about a journey has its state, every other one the id of the site.
    static (string SiteId, string JourneyId) PlaceOf(IMessage fact) => ValueOf(fact, "state") is JourneyState state
        ? (state.SiteId, state.JourneyId)
        : (ValueOf(fact, "site_id") as string ?? "", JourneyOf(ValueOf(fact, "enrollments") as IReadOnlyCollection<EnrollmentFact> ?? []));

    // All are of one journey, but for messages that a release before this one left in the outbox.
    static string JourneyOf(IReadOnlyCollection<EnrollmentFact> people) =>
        people.Select(one => one.JourneyId).Distinct().ToList() is [var journeyId] ? journeyId : NoJourney;

    static object? ValueOf(IMessage fact, string field) => fact.Descriptor.FindFieldByName(field)?.Accessor.GetValue(fact);
}
