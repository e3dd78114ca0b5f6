namespace Journeys.Enrollments.Profiles;

/// <summary>Identifies the person of a call: by the customer's user id or, without one, by an anonymous id.</summary>
public sealed record PersonKey(Guid SiteId, string UserId, string AnonymousId)
{
    /// <summary>The id by which the person is known first: the user id, or else the anonymous id.</summary>
    public string FirstId => UserId.Length > 0 ? UserId : AnonymousId;

    /// <summary>Whether only an anonymous id is given.</summary>
    public bool IsAnonymous => UserId.Length == 0;

    /// <summary>
    /// The user for whom the caller has proved to act; empty if it has proved none; null if no proof is required.
    /// </summary>
    public string? ProvenUser { get; init; }

    /// <summary>Refuses a caller that would act for a user without having proved it.</summary>
    /// <param name="userId">The user id of the profile, read under a lock before writes; empty for a visitor.</param>
    /// <exception cref="VisitorJoined">The caller has not proved to act for this user.</exception>
    public void RequireProof(string userId)
    {
        if (!Proves(userId))
            throw new VisitorJoined();
    }

    /// <summary>Whether the caller may act for this user; empty for a visitor.</summary>
    public bool Proves(string userId) => ProvenUser is null || userId.Length == 0 || userId == ProvenUser;
}
