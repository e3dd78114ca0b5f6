using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Journeys.Gateways.Routing;

/// <summary>
/// The object of a call, derived from its REST route: `/api/journeys/{id}/publish` concerns the `journey` with that id.
/// </summary>
/// <param name="Kind">The kind of object, such as `journey`, `user-list`, `key`.</param>
/// <param name="Field">The field of the request with the id; null when there is none.</param>
/// <param name="InAnswer">
/// The field of the answer with the id, for a call that creates an object; otherwise null.
/// </param>
/// <param name="IsErasure">Whether the call erases a person.</param>
public sealed record AuditTarget(string Kind, FieldDescriptor? Field, FieldDescriptor? InAnswer, bool IsErasure)
{
    /// <summary>A person, whose id is in the audit log only until the person is erased.</summary>
    public const string User = "user";

    public static AuditTarget Of(MethodDescriptor method)
    {
        if (method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is not { } rule)
            return new AuditTarget("", null, null, false);

        var parts = (rule.Get + rule.Post + rule.Patch + rule.Put + rule.Delete).Split('/', StringSplitOptions.RemoveEmptyEntries);
        var creates = method.Name.StartsWith("Create", StringComparison.Ordinal) || method.Name.StartsWith("Import", StringComparison.Ordinal);
        if (creates && method.OutputType.FindFieldByName("id") is { } id)
            return new AuditTarget(Singular(parts.Last(part => part.EndsWith('s'))), null, id, false);

        var variable = Array.FindLastIndex(parts, part => part.StartsWith('{'));
        if (variable < 0)
            return new AuditTarget(Singular(parts[1]), null, null, false);

        var kind = Singular(parts[variable - 1]);
        return new AuditTarget(kind, method.InputType.FindFieldByName(parts[variable].Trim('{', '}')), null, kind == User && rule.Delete.Length > 0);
    }

    public string IdIn(IMessage? request) => request is null ? "" : Field?.Accessor.GetValue(request) as string ?? "";

    public string IdInAnswer(IMessage answer) => InAnswer?.Accessor.GetValue(answer) as string ?? "";

    static string Singular(string part) => part.EndsWith('s') ? part[..^1] : part;
}
