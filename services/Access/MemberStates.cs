namespace Journeys.Access;

/// <summary>How somebody belongs to a site; the contract's `Member.State`.</summary>
public static class MemberStates
{
    public const string Member = "MEMBER";
    public const string Invited = "INVITED";
}
