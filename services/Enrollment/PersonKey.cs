namespace Journeys.Enrollments;

/// <summary>How a caller names a person: by the customer's user id or, without one, by a visitor's id.</summary>
public sealed record PersonKey(Guid SiteId, string UserId, string AnonymousId)
{
    /// <summary>The id that the person came with.</summary>
    public string FirstId => UserId.Length > 0 ? UserId : AnonymousId;

    /// <summary>Whether only a visitor's id is known.</summary>
    public bool IsAnonymous => UserId.Length == 0;
}
