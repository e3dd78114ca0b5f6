namespace Journeys.Access;

/// <summary>How a person belongs to a site; the contract's `Member.State`.</summary>
public static class MemberStates
{
    public const string Member = "MEMBER";
    public const string Invited = "INVITED";
}
