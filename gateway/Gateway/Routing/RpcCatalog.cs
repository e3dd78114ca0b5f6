using System.Reflection;
using Google.Api;
using Google.Protobuf.Reflection;
using Journeys.Protos.Options.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Routing;

/// <summary>The public rpcs of the contracts, read once from the generated descriptors.</summary>
public sealed class RpcCatalog
{
    /// <summary>The catalog of Journeys.Protos.</summary>
    public static readonly RpcCatalog Journeys = new(FilesOf(typeof(AccessExtensions).Assembly));

    /// <exception cref="InvalidOperationException">
    /// An rpc declares no role, or has a route that cannot be served.
    /// </exception>
    public RpcCatalog(IEnumerable<FileDescriptor> files)
    {
        Files = [.. files.OrderBy(file => file.Name, StringComparer.Ordinal)];
        var rpcs = Files.SelectMany(file => file.Services).SelectMany(service => service.Methods).Select(ToRpc).ToList();
        Routes = [.. rpcs.SelectMany(RestRoutes), .. rpcs.Where(IsPublic).Select(CallRoute.Native)];
        ById = Routes.ToDictionary(route => route.Id);
    }

    public IReadOnlyList<FileDescriptor> Files { get; }

    /// <summary>REST routes and native gRPC paths.</summary>
    public IReadOnlyList<CallRoute> Routes { get; }

    public IReadOnlyDictionary<string, CallRoute> ById { get; }

    static IEnumerable<FileDescriptor> FilesOf(Assembly assembly) =>
        assembly.GetExportedTypes()
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<FileDescriptor>();

    static Rpc ToRpc(MethodDescriptor method)
    {
        if (method.GetOptions()?.GetExtension(AccessExtensions.Access) is not { Role: not Role.Unspecified } access)
            throw new InvalidOperationException($"{method.FullName} does not say who may call it; add the option (journeys.options.v1.access).");

        return new Rpc(method, access);
    }

    static bool IsPublic(Rpc rpc) => rpc.Role != Role.Service && !rpc.Method.IsClientStreaming;

    static IEnumerable<CallRoute> RestRoutes(Rpc rpc)
    {
        var rule = rpc.Method.GetOptions()?.GetExtension(AnnotationsExtensions.Http);
        if (rule is null)
            return [];
        if (!IsPublic(rpc))
            throw new InvalidOperationException($"{rpc.Method.FullName} is internal or streams from the client, so it cannot have a route.");

        return rule.AdditionalBindings.Prepend(rule).Select((each, number) => CallRoute.Rest(rpc, each, number));
    }
}
