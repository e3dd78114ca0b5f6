using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Journeys.Engine;
using Journeys.EngineContracts;
using Journeys.Protos;
using Happening = Journeys.Protos.Simulation.V1.SimulatedPerson.Types.Happening;
using Proto = Journeys.Protos.Simulation.V1;

namespace Journeys.PopulationSimulation;

/// <summary>Records the timeline of one person.</summary>
/// <param name="someone">The person.</param>
/// <param name="most">Maximum size in bytes; entries beyond it are only counted.</param>
sealed class Timeline(Someone someone, int most)
{
    Proto.SimulatedPerson.Types.Attempt? attempt;
    int bytes;

    public Proto.SimulatedPerson Person { get; } = Begin(someone, most);

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

    public void Began(DateTimeOffset at)
    {
        attempt = new() { EnterTime = at.ToTimestamp() };
        if (HasRoom(attempt))
            Person.Attempts.Add(attempt);
    }

    /// <summary>Adds the effect of one transition to the current attempt.</summary>
    public void Moved(Transition transition, DateTimeOffset at)
    {
        foreach (var visit in transition.Visits)
        {
            var written = new Proto.SimulatedPerson.Types.Visit
            {
                VisitNo = visit.VisitNo,
                NodeId = visit.NodeId,
                Branch = visit.Branch,
                Cause = visit.Cause,
                Detail = visit.Detail,
                Time = visit.At.ToTimestamp(),
            };
            if (HasRoom(written))
                attempt!.Visits.Add(written);
        }

        foreach (var note in transition.Notes.Where(note => note.VisitNo <= attempt!.Visits.Count))
            attempt!.Visits[note.VisitNo - 1].Notes.Add(note.Text);
        var progress = transition.Progress;
        attempt!.Status = progress.Status.Text();
        attempt.Outcome = progress.Outcome;
        attempt.StopReason = progress.StopReason;
        attempt.EndTime = progress.IsFinal ? at.ToTimestamp() : null;
        attempt.GoalTime = progress.GoalAt?.ToTimestamp();
    }

    static Proto.SimulatedPerson Begin(Someone someone, int most)
    {
        var person = new Proto.SimulatedPerson
        {
            Index = someone.Index,
            UserId = someone.UserId,
            TimeZone = someone.ZoneName ?? "",
            Role = someone.Context.TryGetProperty("role", out var role) ? role.GetString() : "",
            Traits = Json.ToStruct(someone.Traits.GetRawText()),
        };
        if (person.Traits.CalculateSize() > most)
            (person.Traits, person.LeftOut) = (null, 1);
        return person;
    }

    void Add(Happening happening)
    {
        if (HasRoom(happening))
            Person.Happenings.Add(happening);
    }

    // Once an entry is left out, all later entries are left out too.
    bool HasRoom(IMessage part)
    {
        if (Person.LeftOut == 0 && (bytes += part.CalculateSize()) <= most)
            return true;
        Person.LeftOut++;
        return false;
    }
}
