using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>A message as it was received, before it is parsed.</summary>
/// <param name="Id">Stays the same when the message is delivered again.</param>
/// <param name="Type">Full protobuf name as the sender gave it; can be anything.</param>
/// <param name="Body">The protobuf bytes; can be anything.</param>
/// <param name="TraceParent">W3C trace context of the message's cause, if there is one.</param>
public sealed record Letter(Guid Id, string Type, byte[] Body, string? TraceParent)
{
    /// <summary>The content type of every message.</summary>
    public const string ContentType = "application/x-protobuf";

    /// <summary>
    /// The header with the full name of the message. Without it, the name of the exchange is the message's type.
    /// </summary>
    public const string TypeHeader = "message-type";

    /// <summary>The header in which MassTransit also looks for the trace to continue.</summary>
    public const string TraceHeader = "MT-Activity-Id";

    /// <summary>
    /// Returns the id that the sender gave, or an id derived from the content when the sender gave no UUID.
    /// </summary>
    public static Guid IdOf(string? given, string type, ReadOnlySpan<byte> body)
    {
        if (Guid.TryParse(given, out var id))
            return id;

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{given}\n{type}\n"));
        hash.AppendData(body);
        return new Guid(hash.GetHashAndReset().AsSpan(0, 16));
    }

    /// <summary>Returns every site that a message names in a field `site_id`, at any depth.</summary>
    public static IReadOnlySet<Guid> SitesOf(IMessage? message)
    {
        var sites = new HashSet<Guid>();
        if (message is not null)
            Collect(message, sites);
        return sites;
    }

    static void Collect(IMessage message, HashSet<Guid> sites)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field is { Name: "site_id", FieldType: FieldType.String, IsRepeated: false })
            {
                if (Guid.TryParse((string)field.Accessor.GetValue(message), out var site))
                    sites.Add(site);
            }
            else if (field is { FieldType: FieldType.Message, IsMap: false })
            {
                foreach (var inner in BodyShape.MessagesIn(field, message))
                    Collect(inner, sites);
            }
        }
    }
}
