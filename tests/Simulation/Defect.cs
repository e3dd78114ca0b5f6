namespace Journeys.Simulations;

/// <summary>A defect that is planted on purpose, to see that the simulation finds it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Table">The table that a trigger does the harm in; empty for none.</param>
/// <param name="Harm">What the trigger does with a new row.</param>
sealed record Defect(string Name, string Table = "", string Harm = "")
{
    /// <summary>The services as they are.</summary>
    public static readonly Defect None = new("None");

    /// <summary>Every message is taken for confirmed, so it is deleted although the broker did not take it.</summary>
    public static readonly Defect BelieveEveryPublish = new(nameof(BelieveEveryPublish));

    /// <summary>Messages are acknowledged before they are handled.</summary>
    public static readonly Defect AcknowledgeFirst = new(nameof(AcknowledgeFirst));

    /// <summary>All of them, in the order in which they are tried.</summary>
    public static IReadOnlyList<Defect> All { get; } =
    [
        BelieveEveryPublish,
        AcknowledgeFirst,
        new("LoseRequestsForTimers", "enrollment.outbox",
            "if new.message_type like '%.TimersRequested' then return null; end if;"),
        new("ForgetTimersThatMove", "scheduler.parked_timer", "return null;"),
        new("WakeEarly", "enrollment.enrollment",
            "if new.waiting_for = 'TIME' then new.wake_at = new.wake_at - interval '30 seconds'; end if;"),
        new("ForgetHeldSignals", "enrollment.held_signal", "return null;"),
        new("LoseSweeps", "scheduler.job", "if new.kind = 'AUDIENCE_SWEEP' then return null; end if;"),
        new("EndStopsEarly", "scheduler.job", "if new.kind = 'STOP' then new.status = 'COMPLETED'; new.ended_at = new.created_at; end if;"),
        new("EndListsEarly", "scheduler.job", "if new.kind = 'LIST_ENROLLMENT' then new.status = 'COMPLETED'; new.ended_at = new.created_at; end if;"),
        new("ForgetErasures", "enrollment.erasure", "return null;"),
        new("DropFailed", "scheduler.failed_message", "return null;"),
        new("ForgetKeys", "definition.idempotency_key", "return null;"),
        new("IgnoreHalts", "scheduler.site_halt", "new.halted = false;"),
    ];

    /// <summary>The statement that plants it; empty when the simulation itself does the harm.</summary>
    public string Plant => Table.Length == 0 ? "" : $"""
        create function sim.harm() returns trigger language plpgsql as $$ begin {Harm} return new; end $$;
        create trigger harm before insert or update on {Table} for each row execute function sim.harm();
        """;

    /// <summary>The statement that takes it away.</summary>
    public string Remove => Table.Length == 0 ? "" : "drop function sim.harm() cascade";
}
