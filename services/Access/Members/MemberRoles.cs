using Journeys.BuildingBlocks;
using Journeys.Protos;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access.Members;

/// <summary>The rules about the roles of members.</summary>
public static class MemberRoles
{
    /// <summary>The role of an admin, as it is stored.</summary>
    public const string Admin = "ADMIN";

    /// <summary>The error message for a change that would leave a site without an admin.</summary>
    public const string NeedsAnAdmin = "A site needs at least one admin.";

    public static string Check(Role role) =>
        role is Role.Viewer or Role.Editor or Role.Admin ? role.Text() : throw new InvalidInput("role", "must be VIEWER, EDITOR or ADMIN.");

    /// <summary>Returns whether the site would have no admin without this member.</summary>
    public static bool IsLastAdmin(IReadOnlyList<MemberRow> members, MemberRow leaving) =>
        leaving.Role == Admin && members.Count(member => member.Role == Admin) == 1;

    /// <exception cref="Refused">The site would have no admin without this member.</exception>
    public static void KeepAnAdmin(IReadOnlyList<MemberRow> members, MemberRow leaving)
    {
        if (IsLastAdmin(members, leaving))
            throw new Refused("LAST_ADMIN", NeedsAnAdmin);
    }
}
