using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Journeys.BuildingBlocks;

/// <summary>Opaque page tokens: the key of the last row on a page, as JSON in base64url.</summary>
/// <remarks>Callers can forge tokens, so every part is checked before it is used in SQL.</remarks>
public static class PageToken
{
    const int MaxLength = 4_096;

    static readonly JsonSerializerOptions Strict = new()
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        Converters = { new TextPart(), new TimePart(), new NumberPart() },
    };

    /// <summary>Makes the token for the page after this key.</summary>
    public static string Encode<TKey>(TKey key)
        where TKey : class =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(key, Strict));

    /// <summary>Reads a token; null for the first page (an empty token).</summary>
    /// <exception cref="InvalidInput">The token was not made by <see cref="Encode"/> for this kind of key.</exception>
    public static TKey? Decode<TKey>(string token)
        where TKey : class
    {
        if (token.Length == 0)
            return null;
        if (token.Length > MaxLength)
            throw Bad();

        try
        {
            return JsonSerializer.Deserialize<TKey>(Base64Url.DecodeFromChars(token), Strict) ?? throw Bad();
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException)
        {
            throw Bad();
        }
    }

    static InvalidInput Bad() => new("pageToken", "is not a token that a list call of this kind returned.");

    // Names and ids: only text that PostgreSQL can store. GetString refuses unpaired surrogates.
    sealed class TextPart : JsonConverter<string>
    {
        public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && reader.GetString() is { Length: <= 1_024 } text && !text.Contains('\0')
                ? text
                : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }

    // Times are written in UTC, so only UTC is accepted.
    sealed class TimePart : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var time) && time.Offset == TimeSpan.Zero
                ? time
                : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToUniversalTime());
    }

    sealed class NumberPart : JsonConverter<int>
    {
        public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) && number >= 0 ? number : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
    }
}
