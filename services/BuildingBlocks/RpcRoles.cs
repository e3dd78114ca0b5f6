using System.Collections.Frozen;
using System.Reflection;
using Google.Protobuf.Reflection;
using Journeys.Protos.Options.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.BuildingBlocks;

/// <summary>The role that each rpc of the contracts asks for, by its path on the wire.</summary>
static class RpcRoles
{
    public static readonly FrozenDictionary<string, Role> All =
        typeof(Access).Assembly.GetExportedTypes()
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<FileDescriptor>()
            .SelectMany(file => file.Services)
            .SelectMany(service => service.Methods)
            .ToFrozenDictionary(
                method => $"/{method.Service.FullName}/{method.Name}",
                method => method.GetOptions()?.GetExtension(AccessExtensions.Access)?.Role ?? Role.Unspecified);
}
