using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.Engine;
using Definition = Journeys.Protos.Definition.V1;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>Everything that determines the result of a simulation.</summary>
/// <param name="JourneyId">The journey's id, which splits hash.</param>
/// <param name="Design">The design to simulate.</param>
/// <param name="Audiences">The audiences of the site.</param>
/// <param name="Request">The population, the behavior and the other settings.</param>
/// <param name="Start">When virtual time begins, if the request does not set it.</param>
/// <param name="Baseline">The design to compare with; null for none.</param>
public sealed record SimulationInput(
    Guid JourneyId, Definition.Design Design, IReadOnlyList<Definition.JourneyDocument.Types.Audience> Audiences, Proto.SimulationRequest Request,
    DateTimeOffset Start, Definition.Design? Baseline = null)
{
    /// <summary>When virtual time begins. The default is cut to whole minutes.</summary>
    public DateTimeOffset Start { get; } = Request.StartTime?.ToDateTimeOffset() ?? new(Start.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, TimeSpan.Zero);

    /// <summary>How long virtual time lasts.</summary>
    public TimeSpan Horizon { get; } = Request.Horizon?.ToTimeSpan() ?? TimeSpan.FromDays(30);

    /// <summary>When virtual time ends.</summary>
    public DateTimeOffset End => Start + Horizon;

    /// <summary>The seed; 1 when the request sets none.</summary>
    public ulong Seed => Request.Seed == 0 ? 1 : Request.Seed;

    /// <summary>How many timelines to keep.</summary>
    public int KeepTimelines => Request.HasKeepTimelines ? Request.KeepTimelines : 200;

    /// <summary>The version of the engine.</summary>
    public static string EngineVersion => typeof(JourneyEngine).Assembly.GetName().Version!.ToString(3);

    /// <summary>
    /// Returns the SHA-256 of the whole input, including the versions of the engine and of the zone data.
    /// </summary>
    /// <param name="fingerprint">The fingerprint of the population.</param>
    public string Digest(string fingerprint)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true) { Deterministic = true })
        {
            var request = Request.Clone();
            request.StartTime = Start.ToTimestamp();
            request.Horizon = Horizon.ToDuration();
            request.Seed = Seed;
            request.KeepTimelines = KeepTimelines;
            output.WriteMessage(request);
            output.WriteMessage(Design);
            output.WriteMessage(Baseline ?? new());
            foreach (var audience in Audiences.OrderBy(audience => audience.Id, StringComparer.Ordinal))
                output.WriteMessage(audience);
            output.WriteString($"{JourneyId} {EngineVersion} {Calendar.Version} {fingerprint} {Baseline is not null}");
        }

        return Convert.ToHexStringLower(SHA256.HashData(bytes.ToArray()));
    }
}
