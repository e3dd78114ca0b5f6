using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Access;

/// <summary>Roles as the database and the contracts write them.</summary>
public static class RoleNames
{
    public static Role Parse(string name) => Enum.Parse<Role>(name, ignoreCase: true);

    public static string Text(this Role role) => role.ToString().ToUpperInvariant();
}
