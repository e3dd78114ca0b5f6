using System.Buffers.Text;
using System.Text.Json;

namespace Journeys.BuildingBlocks;

/// <summary>Opaque page tokens: the key of the last row on a page, as JSON in base64url.</summary>
public static class PageToken
{
    /// <summary>Makes the token for the page after this key.</summary>
    public static string Encode<TKey>(TKey key)
        where TKey : class =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(key));

    /// <summary>Reads a token; null for the first page (an empty token).</summary>
    /// <exception cref="InvalidInput">The token was not made by <see cref="Encode"/> for this kind of key.</exception>
    public static TKey? Decode<TKey>(string token)
        where TKey : class
    {
        if (token.Length == 0)
            return null;

        try
        {
            return JsonSerializer.Deserialize<TKey>(Base64Url.DecodeFromChars(token), Strict) ?? throw Bad();
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            throw Bad();
        }
    }

    static readonly JsonSerializerOptions Strict = new()
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    static InvalidInput Bad() => new("pageToken", "is not a token that a list call of this kind returned.");
}
