using Google.Protobuf.WellKnownTypes;
using Journeys.EngineContracts;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Profiles;

/// <summary>Maps profiles and events to the contract.</summary>
public static class ProfileMapping
{
    public static Proto.User ToProto(this ProfileRow profile) => new()
    {
        UserId = profile.UserId,
        Traits = Json.ToStruct(profile.Traits),
        Context = PersonContext.ToProto(profile),
        CreateTime = profile.CreatedAt.ToTimestamp(),
        SeenTime = profile.SeenAt.ToTimestamp(),
    };

    public static Proto.Event ToProto(this NewEvent e) => new()
    {
        Id = e.EventId,
        Name = e.Name,
        Properties = Json.ToStruct(e.Properties),
        Url = e.Url,
        Time = e.OccurredAt.ToTimestamp(),
    };
}
