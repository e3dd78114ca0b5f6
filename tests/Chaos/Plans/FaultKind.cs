namespace Journeys.Chaos.Plans;

/// <summary>What is done to the system.</summary>
public enum FaultKind
{
    /// <summary>One replica is killed with SIGKILL and started again.</summary>
    Kill,

    /// <summary>All replicas of a program are killed at once and started again.</summary>
    KillAll,

    /// <summary>One replica does nothing for 20 seconds, longer than most leases (SIGSTOP), and then goes on.</summary>
    Freeze,

    /// <summary>RabbitMQ is killed with SIGKILL and started again.</summary>
    KillBroker,

    /// <summary>PostgreSQL is killed with SIGKILL, with all its sessions, and recovers.</summary>
    KillDatabase,

    /// <summary>RabbitMQ does nothing for 20 seconds, longer than most leases (SIGSTOP), and then goes on.</summary>
    FreezeBroker,

    /// <summary>PostgreSQL and all its sessions do nothing for 20 seconds, longer than most leases (SIGSTOP), and then go on.</summary>
    FreezeDatabase,

    /// <summary>All connections to PostgreSQL, RabbitMQ or the services are reset.</summary>
    Cut,

    /// <summary>Nothing comes through the connections to PostgreSQL, RabbitMQ or the services, old and new.</summary>
    Stall,

    /// <summary>What comes to a queue meanwhile is delivered twice, late and out of order.</summary>
    DeliverAgain,

    /// <summary>What is in a queue, and what comes to it meanwhile, is gone.</summary>
    Lose,

    /// <summary>Every queue gets messages that nobody can read.</summary>
    Garbage,

    /// <summary>Most timers are deleted behind the product's back.</summary>
    DeleteTimers,
}
