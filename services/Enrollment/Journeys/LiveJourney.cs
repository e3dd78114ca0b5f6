using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.EngineContracts;
using Definition = Journeys.Protos.Definition.V1;

namespace Journeys.Enrollments.Journeys;

/// <summary>A journey that was published, with its latest version.</summary>
public sealed record LiveJourney(Guid SiteId, Guid JourneyId, string Status, int Version, string Name, CompiledJourney Compiled, Definition.Design Design)
{
    /// <summary>The audience that may enter by trigger and that auto-enrollment enrolls; null for everybody.</summary>
    public Guid? AudienceId { get; } = Guid.TryParseExact(Design.AudienceId, "D", out var id) ? id : null;

    /// <summary>Whether people may enter again; never if the design does not specify it.</summary>
    public Definition.Journey.Types.ReEnrollment ReEnrollment =>
        Design.ReEnrollment == Definition.Journey.Types.ReEnrollment.Unspecified ? Definition.Journey.Types.ReEnrollment.Never : Design.ReEnrollment;

    /// <summary>Whether anybody may enter again.</summary>
    public bool MayReturn => ReEnrollment is Definition.Journey.Types.ReEnrollment.AfterEarlyExit or Definition.Journey.Types.ReEnrollment.Always;

    /// <summary>Who may enter again, and when.</summary>
    public ReEntry ReEntry { get; } = DesignReader.ReadReEntry(Design);

    /// <summary>Whether it is paused only because its site is halted.</summary>
    public bool IsHalted { get; init; }

    /// <summary>Whether people can enter and move now.</summary>
    public bool IsPublished => Status == JourneyStatuses.Published;

    /// <summary>Whether everybody who matches the audience is enrolled automatically.</summary>
    public bool AutoEnrolls => IsPublished && Design.AutoEnroll && AudienceId is not null;
}
