using Google.Api;
using Google.Protobuf.Reflection;
using Journeys.Protos.Options.V1;
using AccessRule = Journeys.Protos.Options.V1.Access;
using Audit = Journeys.Protos.Options.V1.Access.Types.Audit;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways.Routing;

/// <summary>One rpc of the contracts, with its required access and its cluster.</summary>
public sealed record Rpc(MethodDescriptor Method, AccessRule Access)
{
    public Role Role => Access.Role;

    public string Path { get; } = $"/{Method.Service.FullName}/{Method.Name}";

    // The service of that name handles journeys.<context>.v1.
    public string Cluster { get; } = Method.File.Package.Split('.')[1];

    /// <summary>Whether the rpc concerns the caller's own account, so that the caller needs no site.</summary>
    public bool WithoutSite => Access.WithoutSite;

    /// <summary>The object of an audited call; null for calls that are not recorded.</summary>
    public AuditTarget? Target { get; } = IsAudited(Method, Access.Role) ? AuditTarget.Of(Method) : null;

    /// <summary>Whether the rpc is a GET.</summary>
    public bool Reads { get; } = IsGet(Method);

    public bool Streams => Method.IsServerStreaming;

    /// <summary>The REST form of the rpc, for people: `POST /sdk/identify`.</summary>
    public string RestRoute =>
        Method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is { } rule && CallRoute.Rest(this, rule, 0) is var route
            ? $"{route.Verb} {route.Path}"
            : "/sdk";

    public MessageShape Request { get; } = MessageShape.Of(Method.InputType);

    /// <exception cref="InvalidOperationException">The contract does not say what the audit log records.</exception>
    static bool IsAudited(MethodDescriptor method, Role role)
    {
        var audit = method.GetOptions()?.GetExtension(AccessExtensions.Access)?.Audit ?? Audit.Unspecified;
        // Actions of a page's visitors are not actions of the team.
        if (audit != Audit.Unspecified || role is Role.Service or Role.Person || IsGet(method))
            return audit == Audit.Call;

        return role is Role.Editor or Role.Admin
            ? true
            : throw new InvalidOperationException($"{method.FullName} does not say what the audit log keeps; add `audit` to its option (journeys.options.v1.access).");
    }

    static bool IsGet(MethodDescriptor method) =>
        method.GetOptions()?.GetExtension(AnnotationsExtensions.Http)?.PatternCase == HttpRule.PatternOneofCase.Get;
}
