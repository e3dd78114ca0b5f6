using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Protos;
using Happening = Journeys.Protos.Simulation.V1.SimulatedPerson.Types.Happening;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>Writes down one person's way.</summary>
sealed class Timeline(Someone someone)
{
    public Proto.SimulatedPerson Person { get; } = new()
    {
        Index = someone.Index,
        UserId = someone.UserId,
        TimeZone = someone.ZoneName ?? "",
        Role = someone.Context.TryGetProperty("role", out var role) ? role.GetString() : "",
        Traits = Json.ToStruct(someone.Traits.GetRawText()),
    };

    public void Admitted(DateTimeOffset at) => Add(new() { Time = at.ToTimestamp(), Admitted = new() });

    public void Did(PersonEvent happened) => Add(new()
    {
        Time = happened.OccurredAt.ToTimestamp(),
        Event = new() { Name = happened.Name, Properties = Json.ToStruct(happened.Properties.GetRawText()), Url = happened.Url },
    });

    public void Reported(Signal.Reported reported, DateTimeOffset at) => Add(new()
    {
        Time = at.ToTimestamp(),
        Report = new()
        {
            NodeId = reported.NodeId,
            Outcome = reported.Outcome.Text(),
            VisitNo = reported.VisitNo ?? 0,
            Data = Json.ToStruct(reported.Data.GetRawText()),
        },
    });

    public void Changed(string trait, JsonElement value, DateTimeOffset at) => Add(new()
    {
        Time = at.ToTimestamp(),
        TraitChange = new() { Trait = trait, Value = value.ValueKind == JsonValueKind.Undefined ? Value.ForNull() : Value.Parser.ParseJson(value.GetRawText()) },
    });

    public void Began(DateTimeOffset at) => Person.Attempts.Add(new Proto.SimulatedPerson.Types.Attempt { EnterTime = at.ToTimestamp() });

    /// <summary>Adds what one transition did to the present attempt.</summary>
    public void Moved(Transition transition, DateTimeOffset at)
    {
        var attempt = Person.Attempts[^1];
        foreach (var visit in transition.Visits)
        {
            attempt.Visits.Add(new Proto.SimulatedPerson.Types.Visit
            {
                VisitNo = visit.VisitNo,
                NodeId = visit.NodeId,
                Branch = visit.Branch,
                Cause = visit.Cause,
                Detail = visit.Detail,
                Time = visit.At.ToTimestamp(),
            });
        }

        foreach (var note in transition.Notes)
            attempt.Visits[note.VisitNo - 1].Notes.Add(note.Text);
        var progress = transition.Progress;
        attempt.Status = progress.Status.Text();
        attempt.Outcome = progress.Outcome;
        attempt.StopReason = progress.StopReason;
        attempt.EndTime = progress.IsFinal ? at.ToTimestamp() : null;
        attempt.GoalTime = progress.GoalAt?.ToTimestamp();
    }

    void Add(Happening happening) => Person.Happenings.Add(happening);
}
