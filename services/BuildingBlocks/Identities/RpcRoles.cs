using System.Collections.Frozen;
using System.Reflection;
using Google.Protobuf.Reflection;
using Journeys.Protos.Options.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.BuildingBlocks.Identities;

/// <summary>The roles that may call each rpc of the contracts.</summary>
public static class RpcRoles
{
    /// <summary>
    /// The required access of each rpc, by its path on the wire. The role is `Unspecified` if the rpc declares none.
    /// </summary>
    internal static readonly FrozenDictionary<string, Access> All =
        typeof(Access).Assembly.GetExportedTypes()
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<FileDescriptor>()
            .SelectMany(file => file.Services)
            .SelectMany(service => service.Methods)
            .ToFrozenDictionary(
                method => $"/{method.Service.FullName}/{method.Name}",
                method => method.GetOptions()?.GetExtension(AccessExtensions.Access) ?? new Access());

    /// <summary>
    /// Returns the lowest role of members and secret keys that may call the rpc. Members who only read may not call the
    /// rpcs with which pages write.
    /// </summary>
    public static Role LeastOfMembers(this Access access) => access is { Role: Role.Person, Reads: false } ? Role.Editor : access.Role;

    /// <summary>Returns whether a role may call the rpc.</summary>
    public static bool Admits(this Access access, Role role) =>
        role == Role.Person ? access.Role <= Role.Person : role >= access.LeastOfMembers();
}
