using Google.Api;
using Google.Protobuf.Reflection;
using Journeys.Protos.Options.V1;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.Gateways;

/// <summary>One rpc of the contracts: who may call it and which cluster answers.</summary>
public sealed record Rpc(MethodDescriptor Method, Role Role)
{
    public string Path { get; } = $"/{Method.Service.FullName}/{Method.Name}";

    // journeys.<context>.v1 is answered by the service of that name.
    public string Cluster { get; } = Method.File.Package.Split('.')[1];

    /// <summary>Whether it is about the caller's own account, so that the caller needs no site.</summary>
    public bool WithoutSite { get; } = Method.GetOptions()?.GetExtension(AccessExtensions.Access)?.WithoutSite ?? false;

    public bool Streams => Method.IsServerStreaming;

    /// <summary>The same call by REST, for people: `POST /sdk/identify`.</summary>
    public string RestRoute =>
        Method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is { } rule && CallRoute.Rest(this, rule, 0) is var route
            ? $"{route.Verb} {route.Path}"
            : "/sdk";

    public MessageShape Request { get; } = MessageShape.Of(Method.InputType);
}
