namespace Journeys.Enrollments.Profiles;

/// <summary>How a caller names a person: by the customer's user id or, without one, by a visitor's id.</summary>
public sealed record PersonKey(Guid SiteId, string UserId, string AnonymousId)
{
    /// <summary>The id that the person came with.</summary>
    public string FirstId => UserId.Length > 0 ? UserId : AnonymousId;

    /// <summary>Whether only a visitor's id is known.</summary>
    public bool IsAnonymous => UserId.Length == 0;

    /// <summary>The user whom the caller has proved to speak for; empty when it has proved none; null where no proof is asked.</summary>
    public string? ProvenUser { get; init; }

    /// <summary>Refuses a caller who turns out to speak for a user without having proved it.</summary>
    /// <param name="userId">Who the person is, read under a lock where something is to be written; empty for a visitor.</param>
    /// <exception cref="VisitorJoined">The caller has not proved to speak for this user.</exception>
    public void RequireProof(string userId)
    {
        if (!Proves(userId))
            throw new VisitorJoined();
    }

    /// <summary>Whether the caller may speak for this person; empty for a visitor.</summary>
    public bool Proves(string userId) => ProvenUser is null || userId.Length == 0 || userId == ProvenUser;
}
