using Google.Protobuf.Reflection;

namespace Journeys.Gateways.OpenApi;

/// <summary>The comments of the protos, by the full names of their elements.</summary>
/// <remarks>
/// Read from the descriptor set that the build embeds, because the generated C# descriptors have no comments.
/// </remarks>
public sealed class ProtoComments
{
    readonly Dictionary<string, string> comments = new(StringComparer.Ordinal);

    public ProtoComments()
    {
        foreach (var file in FileDescriptorSet.Parser.ParseFrom(ReadDescriptorSet()).File.Where(file => file.Package.StartsWith("journeys.", StringComparison.Ordinal)))
        {
            foreach (var location in file.SourceCodeInfo.Location.Where(location => location.LeadingComments.Length > 0))
                Add(file, location);
        }
    }

    /// <summary>
    /// Returns all protos with their comments, their imports and the types of refusals, as a `FileDescriptorSet`.
    /// </summary>
    public static byte[] ReadDescriptorSet()
    {
        using var resource = typeof(ProtoComments).Assembly.GetManifestResourceStream("journeys.protoset")!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>
    /// Returns the comment of a message, field, enum value, service or rpc; empty when there is none.
    /// </summary>
    public string Of(string fullName) => comments.GetValueOrDefault(fullName, "");

    void Add(FileDescriptorProto file, SourceCodeInfo.Types.Location location)
    {
        if (NameAt(file, [.. location.Path]) is { } name)
            comments[$"{file.Package}.{name}"] = Unwrap(location.LeadingComments);
    }

    // The path consists of pairs of field number and index, as in descriptor.proto.
    static string? NameAt(FileDescriptorProto file, int[] path) => path switch
    {
        [4, var index, .. var rest] => InMessage(file.MessageType[index], rest),
        [5, var index, .. var rest] => InEnum(file.EnumType[index], rest),
        [6, var index] => file.Service[index].Name,
        [6, var index, 2, var method] => $"{file.Service[index].Name}.{file.Service[index].Method[method].Name}",
        _ => null,
    };

    static string? InMessage(DescriptorProto message, int[] path) => path switch
    {
        [] => message.Name,
        [2, var index] => $"{message.Name}.{message.Field[index].Name}",
        [3, var index, .. var rest] => InMessage(message.NestedType[index], rest) is { } name ? $"{message.Name}.{name}" : null,
        [4, var index, .. var rest] => InEnum(message.EnumType[index], rest) is { } name ? $"{message.Name}.{name}" : null,
        _ => null,
    };

    static string? InEnum(EnumDescriptorProto type, int[] path) => path switch
    {
        [] => type.Name,
        [2, var index] => $"{type.Name}.{type.Value[index].Name}",
        _ => null,
    };

    static string Unwrap(string comment) => string.Join(' ', comment.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
