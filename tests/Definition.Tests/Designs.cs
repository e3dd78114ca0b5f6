using Google.Protobuf.WellKnownTypes;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Graph.V1;
using Journeys.Protos.Rule.V1;

namespace Journeys.Definitions.Tests;

/// <summary>Designs and rules that tests begin with.</summary>
public static class Designs
{
    /// <summary>A journey that can be published: in and out again.</summary>
    public static CreateJourneyRequest Simple(string name = "Simple") => new()
    {
        Name = name,
        Graph = new()
        {
            Nodes = { Start(), new Node { Id = "end", Exit = new() { Outcome = "done" } } },
            Edges = { new Edge { Id = "e1", Source = "start", Target = "end" } },
        },
    };

    /// <summary>One that asks about audiences in a condition and in its goal.</summary>
    public static CreateJourneyRequest Asking(string audienceId, string conditionAudienceId, string goalAudienceId) => new()
    {
        Name = "Asking",
        AudienceId = audienceId,
        AutoEnroll = true,
        Goal = new() { Rule = In(goalAudienceId) },
        Graph = new()
        {
            Nodes =
            {
                Start(),
                new Node
                {
                    Id = "who",
                    Condition = new() { Branches = { new Condition.Types.Branch { Name = "them", Rule = new() { Not = new() { Rule = In(conditionAudienceId) } } } } },
                },
                new Node { Id = "end", Exit = new() { Outcome = "done" } },
            },
            Edges =
            {
                new Edge { Id = "e1", Source = "start", Target = "who" },
                new Edge { Id = "e2", Source = "who", Target = "end", Branch = "them" },
                new Edge { Id = "e3", Source = "who", Target = "end", Branch = "else" },
            },
        },
    };

    public static Node Start() => new() { Id = "start", Trigger = new() { Manual = new() } };

    /// <summary>Those whose plan is this.</summary>
    public static Rule Plan(string plan) => new()
    {
        Condition = new() { Field = "traits.plan", Operator = Rule.Types.Condition.Types.Operator.Eq, Value = Value.ForString(plan) },
    };

    /// <summary>Those who belong to an audience.</summary>
    public static Rule In(string audienceId) => new() { Audience = new() { AudienceId = audienceId } };
}
