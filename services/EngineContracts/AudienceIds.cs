using Google.Protobuf;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Rule.V1;

namespace Journeys.EngineContracts;

/// <summary>Finds references to audiences in designs and rules.</summary>
public static class AudienceIds
{
    /// <summary>
    /// Returns every reference in a message, with its path. A journey without an audience has no reference there.
    /// </summary>
    public static IEnumerable<(string Field, string Id)> In(IMessage? message, string path = "") =>
        from part in message is null ? [] : ProtoTree.Of(message, path)
        let id = part.Part switch
        {
            Rule.Types.Audience rule => rule.AudienceId,
            Design design => design.AudienceId,
            _ => "",
        }
        where id.Length > 0
        select (ProtoTree.Below(part.Path, "audienceId"), id);

    /// <summary>Returns the references as a set of ids, without invalid ids.</summary>
    public static HashSet<Guid> SetOf(IMessage message) =>
        [.. In(message).Select(reference => Guid.TryParseExact(reference.Id, "D", out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)];

    /// <summary>
    /// Returns the audiences that a message refers to, directly or through the rules of other audiences.
    /// </summary>
    /// <param name="message">A design or a rule.</param>
    /// <param name="find">
    /// Returns the rule of an audience; null when there is none, and the audience is then left out.
    /// </param>
    public static IEnumerable<Guid> Needed(IMessage message, Func<Guid, Rule?> find)
    {
        var open = new Stack<Guid>(SetOf(message));
        var seen = new HashSet<Guid>();
        while (open.TryPop(out var id))
        {
            if (!seen.Add(id) || find(id) is not { } rule)
                continue;
            yield return id;
            foreach (var next in SetOf(rule))
                open.Push(next);
        }
    }

    /// <summary>Replaces the references in a message according to a map of ids. Other references stay.</summary>
    public static void Replace(IMessage message, IReadOnlyDictionary<Guid, Guid> ids)
    {
        string Replaced(string id) => Guid.TryParseExact(id, "D", out var old) && ids.TryGetValue(old, out var now) ? now.ToString() : id;

        foreach (var (_, part) in ProtoTree.Of(message, ""))
        {
            if (part is Rule.Types.Audience rule)
                rule.AudienceId = Replaced(rule.AudienceId);
            if (part is Design design)
                design.AudienceId = Replaced(design.AudienceId);
        }
    }
}
