using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.Protos;
using Journeys.Protos.Definition.V1;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Definitions.Journeys;

/// <summary>A journey as stored.</summary>
public sealed record JourneyRow
{
    public Guid SiteId { get; init; }
    public Guid JourneyId { get; init; }
    public string Status { get; init; } = "";
    public int Version { get; init; }
    public int Revision { get; init; }
    public int ChangeNo { get; init; }
    public byte[] Draft { get; init; } = [];
    public string Key { get; init; } = "";
    public string Name { get; init; } = "";
    public int Nodes { get; init; }
    public int Edges { get; init; }
    public bool DraftChanged { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? PublishedAt { get; init; }

    /// <summary>
    /// The id of the member or key that paused it. Null while it is not paused, like all fields of its pause.
    /// </summary>
    public string? PausedBy { get; init; }
    public DateTimeOffset? PausedAt { get; init; }
    public string PauseReason { get; init; } = "";

    /// <summary>When it resumes automatically; null if only a call resumes it.</summary>
    public DateTimeOffset? ResumeAt { get; init; }

    /// <summary>
    /// The policy of its next resume, as <see cref="PausePolicy"/> stores it; null if everything is as by
    /// default.
    /// </summary>
    public string? Timers { get; init; }
    public string? Late { get; init; }
    public TimeSpan? LateAfter { get; init; }
    public int? ReleasePerSecond { get; init; }

    /// <summary>Whether Enrollment has acknowledged every move.</summary>
    public bool AppliedEverywhere { get; init; }

    /// <summary>Parses the draft.</summary>
    public Design ReadDraft() => Design.Parser.ParseFrom(Draft);

    /// <summary>Maps it to the contract. Lists omit the graph.</summary>
    public Journey ToProto(bool withGraph = true)
    {
        var design = ReadDraft();
        return new Journey
        {
            Id = JourneyId.ToString(),
            SiteId = SiteId.ToString(),
            Status = EnumText.Parse<Journey.Types.Status>(Status),
            Version = Version,
            Revision = Revision,
            Counts = new() { Nodes = Nodes, Edges = Edges },
            Key = Key,
            Name = design.Name,
            Description = design.Description,
            AudienceId = design.AudienceId,
            AutoEnroll = design.AutoEnroll,
            AllowAnonymous = design.AllowAnonymous,
            ReEnrollment = design.ReEnrollment,
            ReEnrollmentCooldown = design.ReEnrollmentCooldown,
            Goal = design.Goal,
            TimeZone = design.TimeZone,
            Exits = { design.Exits },
            Graph = withGraph ? design.Graph ?? new() : null,
            CreateTime = CreatedAt.ToTimestamp(),
            UpdateTime = UpdatedAt.ToTimestamp(),
            PublishTime = PublishedAt?.ToTimestamp(),
            DraftChanged = DraftChanged,
            AppliedEverywhere = AppliedEverywhere,
            Pause = PausedAt is null ? null : new()
            {
                PauseTime = PausedAt?.ToTimestamp(),
                PausedBy = PausedBy,
                Reason = PauseReason,
                ResumeTime = ResumeAt?.ToTimestamp(),
                Policy = ToPolicy()?.ToProto(),
            },
        };
    }

    /// <summary>Returns the journey with the fields of its pause set, or cleared if it is not paused.</summary>
    public JourneyRow WithPause(string? by, DateTimeOffset? pausedAt, PauseTerms? terms) =>
        this with
        {
            PausedBy = by,
            PausedAt = pausedAt,
            PauseReason = terms?.Reason ?? "",
            ResumeAt = terms?.ResumeAt,
            Timers = terms?.Policy?.Timers,
            Late = terms?.Policy?.Late,
            LateAfter = terms?.Policy?.LateAfter,
            ReleasePerSecond = terms?.Policy?.ReleasePerSecond,
        };

    /// <summary>Returns the policy of its next resume.</summary>
    public PausePolicy? ToPolicy() => PausePolicy.Of(Timers, Late, LateAfter, ReleasePerSecond);

    /// <summary>Refuses that waits stop during a pause of which it is not known when it began.</summary>
    /// <exception cref="InvalidInput">It is not known.</exception>
    public void RequireKnownPause()
    {
        if (PausedAt is null)
        {
            throw new InvalidInput(
                "policy.timers", "cannot be FREEZE, because an earlier release paused the journey and did not store when.");
        }
    }

    /// <summary>Returns its state for messages.</summary>
    /// <param name="frozenPauses">The last pauses during which waits stopped: when each began and ended.</param>
    public Events.JourneyState ToState(DateTime[] frozenPauses) => new()
    {
        SiteId = SiteId.ToString(),
        JourneyId = JourneyId.ToString(),
        ChangeNo = ChangeNo,
        Status = EnumText.Parse<Journey.Types.Status>(Status),
        Version = Version,
        Time = UpdatedAt.ToTimestamp(),
        FrozenPauses = { FrozenPauses.ToProto(frozenPauses) },
    };

    /// <summary>Refuses what the present status does not allow.</summary>
    /// <param name="verb">What is to be done, for the error.</param>
    /// <param name="allowed">The statuses that allow it.</param>
    /// <exception cref="Refused">Reason ILLEGAL_MOVE.</exception>
    public void RequireStatus(string verb, string[] allowed)
    {
        if (!allowed.Contains(Status))
            throw new Refused("ILLEGAL_MOVE", $"Cannot {verb} a journey that is {Status}; it must be {string.Join(" or ", allowed)}.");
    }

    /// <summary>Refuses a change that is based on an older revision of the draft.</summary>
    /// <exception cref="Conflict">Reason STALE_REVISION.</exception>
    public void RequireRevision(int? revision)
    {
        if (revision is { } known && known != Revision)
            throw new Conflict("STALE_REVISION", $"The draft is now at revision {Revision}, not at {known}; read it again.");
    }
}

/// <summary>A published version as stored.</summary>
public sealed record VersionRow
{
    public Guid JourneyId { get; init; }
    public int Version { get; init; }
    public byte[] Design { get; init; } = [];
    public int Nodes { get; init; }
    public int Edges { get; init; }
    public string Publisher { get; init; } = "";
    public string Note { get; init; } = "";
    public DateTimeOffset PublishedAt { get; init; }

    /// <summary>Maps it to the contract. Lists omit the graph.</summary>
    public Protos.Definition.V1.Version ToProto(bool withGraph = true)
    {
        var design = Protos.Definition.V1.Design.Parser.ParseFrom(Design);
        if (!withGraph)
            design.Graph = null;
        return new()
        {
            JourneyId = JourneyId.ToString(),
            Version_ = Version,
            Design = design,
            PublishTime = PublishedAt.ToTimestamp(),
            Publisher = Publisher,
            Note = Note,
            Counts = new() { Nodes = Nodes, Edges = Edges },
        };
    }
}
