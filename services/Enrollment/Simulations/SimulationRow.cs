using Google.Protobuf.WellKnownTypes;
using Journeys.PopulationSimulation;
using Journeys.Protos;
using Definition = Journeys.Protos.Definition.V1;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Simulations;

/// <summary>A simulation as stored. The report, which may be large, is read separately.</summary>
public sealed record SimulationRow
{
    public Guid SiteId { get; init; }
    public Guid SimulationId { get; init; }
    public Guid JourneyId { get; init; }
    public string Status { get; init; } = SimulationStatuses.Queued;
    public string Creator { get; init; } = "";

    /// <summary>The request that created it, with its start time. A given design is only in the document.</summary>
    public byte[] Request { get; init; } = [];

    /// <summary>The design with its audiences. Read only by the worker.</summary>
    public byte[] Document { get; init; } = [];

    /// <summary>The design to compare with. Read only by the worker.</summary>
    public byte[]? Baseline { get; init; }

    public int Done { get; init; }
    public int Total { get; init; }

    /// <summary>The number of times that a worker has started it.</summary>
    public int Tries { get; init; }

    public Guid? LeaseId { get; init; }
    public string ErrorReason { get; init; } = "";
    public string Error { get; init; } = "";
    public string InputDigest { get; init; } = "";
    public string ReportDigest { get; init; } = "";
    public bool Passed { get; init; }
    public byte[]? Summary { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>
    /// Returns the input of the simulator. For invented people it equals that of the offline program, so that the
    /// digests are equal.
    /// </summary>
    public SimulationInput ToInput()
    {
        var document = Definition.JourneyDocument.Parser.ParseFrom(Document);
        return new(
            Guid.Empty, document.Design, document.Audiences, Proto.CreateSimulationRequest.Parser.ParseFrom(Request).Request, CreatedAt,
            Baseline is null ? null : Definition.Design.Parser.ParseFrom(Baseline));
    }

    /// <summary>Maps it to the contract.</summary>
    /// <param name="whole">Whether to include the request.</param>
    public Proto.Simulation ToProto(bool whole = true)
    {
        var asked = whole ? Proto.CreateSimulationRequest.Parser.ParseFrom(Request) : null;
        return new()
        {
            Id = SimulationId.ToString(),
            JourneyId = JourneyId.ToString(),
            Status = EnumText.Parse<Proto.Simulation.Types.Status>(Status),
            Done = Done,
            Total = Total,
            Error = ErrorReason.Length == 0 ? null : new() { Reason = ErrorReason, Message = Error },
            InputDigest = InputDigest,
            ReportDigest = ReportDigest,
            Passed = Passed,
            CreateTime = CreatedAt.ToTimestamp(),
            EndTime = EndedAt?.ToTimestamp(),
            Creator = Creator,
            Summary = Summary is null ? null : Proto.Simulation.Types.Summary.Parser.ParseFrom(Summary),
            Request = asked?.Request,
            Design = asked?.Design,
            Baseline = asked?.Baseline,
        };
    }
}
