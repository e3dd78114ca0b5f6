using System.Collections;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Journeys.BuildingBlocks.Identities;
using Role = Journeys.Protos.Options.V1.Access.Types.Role;

namespace Journeys.BuildingBlocks.Requests;

/// <summary>
/// Distinguishes a repeated call from a new one: the request id that the caller chose, and the content of the request.
/// </summary>
/// <param name="SiteId">The calling site.</param>
/// <param name="Call">
/// The rpc, such as `CreateJourney`. Two rpcs can use the same request id for different requests, and so can the pages
/// of two people.
/// </param>
/// <param name="RequestId">Chosen by the caller.</param>
/// <param name="Hash">SHA-256 of the request without its id.</param>
public sealed record RequestKey(Guid SiteId, string Call, string RequestId, byte[] Hash)
{
    /// <summary>
    /// The metadata, and the HTTP header, that can carry the request id instead of the field `request_id`.
    /// </summary>
    public const string Header = "idempotency-key";

    const string HeaderName = "Idempotency-Key";

    /// <summary>Reads the request id from the field `request_id` or the header `Idempotency-Key`; null when there is none.</summary>
    /// <exception cref="InvalidInput">The id is too long, or the field and the header differ.</exception>
    public static RequestKey? Of(ServerCallContext context, IMessage request)
    {
        var field = request.Descriptor.FindFieldByName("request_id");
        var inBody = Check.Text((string)field.Accessor.GetValue(request), 0, Limits.ShortId, field.JsonName);
        var inHeader = InHeader(context);
        if (inBody.Length > 0 && inHeader.Length > 0 && inBody != inHeader)
            throw new InvalidInput(field.JsonName, $"differs from the header {HeaderName}.");

        var requestId = inBody.Length > 0 ? inBody : inHeader;
        if (requestId.Length == 0)
            return null;

        var asked = request.Descriptor.Parser.ParseFrom(request.ToByteArray());
        field.Accessor.Clear(asked);
        SortMaps(asked);
        return new RequestKey(context.SiteId(), CallOf(context, request), requestId, SHA256.HashData(asked.ToByteArray()));
    }

    /// <summary>Reads the request id from the header alone; empty when there is none.</summary>
    /// <exception cref="InvalidInput">The id is too long.</exception>
    public static string InHeader(ServerCallContext context) =>
        // The draft standard of the header puts the id in quotes; most callers do not.
        Check.Text((context.RequestHeaders.GetValue(Header) ?? "").Trim('"'), 0, Limits.ShortId, HeaderName);

    /// <summary>Refuses the header on a call that cannot return its first answer again.</summary>
    /// <param name="context">The call.</param>
    /// <param name="instead">What to do after a lost answer, as a sentence.</param>
    /// <exception cref="InvalidInput">The call has the header.</exception>
    public static void Refuse(ServerCallContext context, string instead)
    {
        if (InHeader(context).Length > 0)
            throw new InvalidInput(HeaderName, $"is not supported by this call. {instead}");
    }

    /// <summary>
    /// Makes an id for a part of a request that has none: a repeat with the same part gets the same id, a changed part
    /// gets another.
    /// </summary>
    public static Guid IdOf(string requestId, int index, IMessage part)
    {
        var sorted = part.Descriptor.Parser.ParseFrom(part.ToByteArray());
        SortMaps(sorted);
        var hash = SHA256.HashData([.. Encoding.UTF8.GetBytes($"{index} {requestId}\n"), .. sorted.ToByteArray()]);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true);
    }

    // A page's request ids belong to its own person, because otherwise a page could use up the ids of backends and of
    // other people.
    static string CallOf(ServerCallContext context, IMessage request)
    {
        var rpc = context.Method[(context.Method.LastIndexOf('/') + 1)..];
        return context.Caller().Role == Role.Person ? $"{rpc} of {Convert.ToHexStringLower(SHA256.HashData(PersonOf(request)))}" : rpc;
    }

    static byte[] PersonOf(IMessage request)
    {
        var (userId, anonymousId) = (Text(request, "user_id"), Text(request, "anonymous_id"));
        return Encoding.UTF8.GetBytes(userId.Length > 0 ? $"user {userId}" : $"visitor {anonymousId}");
    }

    static string Text(IMessage request, string field) => request.Descriptor.FindFieldByName(field)?.Accessor.GetValue(request) as string ?? "";

    // Clients write the entries of a map in any order, and some change the order with each call.
    static void SortMaps(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var value = field.Accessor.GetValue(message);
            if (field.IsMap)
                Sort((IDictionary)value);
            foreach (var part in Parts(value))
                SortMaps(part);
        }
    }

    static void Sort(IDictionary map)
    {
        var entries = map.Keys.Cast<object>().OrderBy(key => $"{key}", StringComparer.Ordinal).Select(key => (key, Value: map[key])).ToList();
        map.Clear();
        entries.ForEach(entry => map.Add(entry.key, entry.Value));
    }

    static IEnumerable<IMessage> Parts(object? value) => value switch
    {
        IMessage part => [part],
        IDictionary map => map.Values.OfType<IMessage>(),
        IList list => list.OfType<IMessage>(),
        _ => [],
    };
}
