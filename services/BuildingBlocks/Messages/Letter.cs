using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Journeys.BuildingBlocks.Messages;

/// <summary>A message as it came in, before anybody has read it.</summary>
/// <param name="Id">Stays the same when it comes again.</param>
/// <param name="Type">Full protobuf name, as the sender gave it; may be anything.</param>
/// <param name="Body">The protobuf bytes; may be anything.</param>
/// <param name="TraceParent">W3C trace context of its cause, if there is one.</param>
public sealed record Letter(Guid Id, string Type, byte[] Body, string? TraceParent)
{
    /// <summary>Carries the full name of the message. A message without it is taken for what its exchange is named after.</summary>
    public const string TypeHeader = "message-type";

    /// <summary>Where MassTransit, too, looks for the trace that a consumer goes on with.</summary>
    public const string TraceHeader = "MT-Activity-Id";

    /// <summary>The id that the sender gave, or for programs that give none one that is derived from the content.</summary>
    public static Guid IdOf(string? given, string type, ReadOnlySpan<byte> body)
    {
        if (Guid.TryParse(given, out var id))
            return id;

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{given}\n{type}\n"));
        hash.AppendData(body);
        return new Guid(hash.GetHashAndReset().AsSpan(0, 16));
    }

    /// <summary>Every site that a message names in a field `site_id`, at any depth.</summary>
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
