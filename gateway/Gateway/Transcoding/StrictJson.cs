using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Requests;
using Journeys.Gateways.Routing;
using Mended = Journeys.BuildingBlocks.FreeText;

namespace Journeys.Gateways.Transcoding;

/// <summary>Reads proto3 JSON into messages, and refuses ambiguous or wrongly typed values.</summary>
/// <remarks>
/// Google's parser accepts duplicate keys, enum numbers and quoted numbers, and does not name the invalid field. The
/// service checks values that native gRPC can also send, such as the NUL character: <see cref="RequestShape"/>.
/// </remarks>
public sealed class StrictJson
{
    const int MaxDepth = RequestShape.MaxDepth;

    readonly JsonPath path = new();
    readonly List<Violation> leftOut = [];
    readonly bool isSdk;
    bool isAuxiliary;

    StrictJson(bool isSdk) => this.isSdk = isSdk;

    /// <summary>Reads one whole document into the message.</summary>
    /// <param name="message">The message to fill.</param>
    /// <param name="shape">The shape of the message's type.</param>
    /// <param name="json">The document in UTF-8.</param>
    /// <param name="isSdk">
    /// Whether pages send the document: then unknown fields are ignored, an unpaired surrogate costs a character
    /// instead of the call, and invalid auxiliary fields are left out.
    /// </param>
    /// <returns>The parts that were left out, and why.</returns>
    /// <exception cref="InvalidInput">The document is invalid; the violation names the field.</exception>
    public static IReadOnlyList<Violation> ReadInto(IMessage message, MessageShape shape, ReadOnlySpan<byte> json, bool isSdk)
    {
        if (!Utf8.IsValid(json))
            throw new InvalidInput("body", "must be UTF-8.");

        var strict = new StrictJson(isSdk);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        try
        {
            reader.Read();
            strict.ReadMessage(ref reader, message, shape);
            reader.Read();
            return strict.leftOut;
        }
        catch (JsonException exception)
        {
            throw strict.path.Refuse($"cannot be read as JSON: {FirstSentence(exception.Message)}.");
        }
    }

    void ReadMessage(ref Utf8JsonReader reader, IMessage message, MessageShape shape)
    {
        Expect(ref reader, JsonTokenType.StartObject, "must be an object.");
        HashSet<int>? seen = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = FreeText(ref reader);
            path.Enter(name);
            reader.Read();
            if (shape.Find(name) is not { } field)
            {
                if (!isSdk)
                    throw path.Refuse("is not a known field.");
                reader.Skip();
            }
            else
            {
                ReadOrLeaveOut(ref reader, message, field, isNew: (seen ??= []).Add(field.Field.FieldNumber));
            }

            path.Leave();
        }
    }

    void ReadOrLeaveOut(ref Utf8JsonReader reader, IMessage message, FieldShape shape, bool isNew)
    {
        var (isOuter, depth) = (isAuxiliary, path.Depth);
        var start = reader;
        isAuxiliary |= isSdk && shape.IsAuxiliary;
        try
        {
            ReadField(ref reader, message, shape, isNew);
        }
        catch (InvalidInput refusal) when (isAuxiliary)
        {
            path.LeaveTo(depth);
            leftOut.Add(LeftOut.Of(path.ToString(), refusal.Violations[0]));
            reader = start;
            reader.Skip();
        }
        finally
        {
            isAuxiliary = isOuter;
        }
    }

    void ReadField(ref Utf8JsonReader reader, IMessage message, FieldShape shape, bool isNew)
    {
        if (!isNew)
            throw path.Refuse("is given twice.");

        var field = shape.Field;
        if (reader.TokenType == JsonTokenType.Null && !IsValue(field))
            return;
        if (field.IsMap)
            throw path.Refuse("cannot be set.");
        if (field.IsRepeated)
        {
            ReadList(ref reader, (IList)field.Accessor.GetValue(message), shape);
            return;
        }

        if (field.RealContainingOneof is { } oneof && oneof.Accessor.GetCaseFieldDescriptor(message) is { } other)
            throw path.Refuse($"cannot be set together with {other.JsonName}.");
        field.Accessor.SetValue(message, ReadValue(ref reader, shape));
    }

    void ReadList(ref Utf8JsonReader reader, IList list, FieldShape shape)
    {
        Expect(ref reader, JsonTokenType.StartArray, "must be a list.");
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            path.Enter(index);
            list.Add(ReadValue(ref reader, shape));
            path.Leave();
        }
    }

    object ReadValue(ref Utf8JsonReader reader, FieldShape shape) => shape.Field.FieldType switch
    {
        FieldType.String => ReadString(ref reader, shape.IsKey),
        FieldType.Bool => ReadBool(ref reader),
        FieldType.Enum => ReadEnum(ref reader, shape),
        FieldType.Double => ReadNumber(ref reader),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => ReadInt32(ref reader),
        FieldType.Int64 => ReadInt64(ref reader),
        FieldType.Fixed64 => ReadUInt64(ref reader),
        FieldType.Message => ReadSubMessage(ref reader, shape.Message),
        // The contracts use no other types. A new type needs a line here and a case in the tests.
        var type => throw new NotSupportedException($"{shape.Field.FullName} has the type {type}, which the gateway cannot read."),
    };

    object ReadSubMessage(ref Utf8JsonReader reader, MessageShape shape)
    {
        if (shape.FullName is "google.protobuf.Timestamp" or "google.protobuf.Duration")
            return ParseText(ReadString(ref reader, isKey: true), shape);
        if (shape.FullName == "google.protobuf.Value")
            return ReadFree(ref reader);
        if (shape.FullName == "google.protobuf.Struct")
            return ReadStruct(ref reader);

        var message = shape.Create();
        ReadMessage(ref reader, message, shape);
        return message;
    }

    IMessage ParseText(string text, MessageShape shape)
    {
        try
        {
            return WellKnownText.Parse(text, shape);
        }
        catch (FormatException exception)
        {
            throw path.Refuse(exception.Message);
        }
    }

    string ReadString(ref Utf8JsonReader reader, bool isKey)
    {
        Expect(ref reader, JsonTokenType.String, "must be a string.");
        return isKey ? ExactText(ref reader) : FreeText(ref reader);
    }

    bool ReadBool(ref Utf8JsonReader reader) =>
        reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : throw path.Refuse("must be true or false.");

    int ReadEnum(ref Utf8JsonReader reader, FieldShape shape)
    {
        Expect(ref reader, JsonTokenType.String, "must be the name of a value.");
        return shape.Field.EnumType.FindValueByName(ExactText(ref reader))?.Number ?? throw path.Refuse(EnumNames.Expected(shape.Field.EnumType));
    }

    double ReadNumber(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.Number, "must be a number.");
        return reader.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw path.Refuse("is too large.");
    }

    int ReadInt32(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.Number, "must be a whole number.");
        if (reader.TryGetInt32(out var number))
            return number;

        // 1.0 and 1e2 are whole numbers too.
        var wide = ReadNumber(ref reader);
        return wide is >= int.MinValue and <= int.MaxValue && Math.Floor(wide) == wide ? (int)wide : throw path.Refuse("must be a 32-bit integer.");
    }

    // JSON has these as text, because JavaScript numbers cannot hold all of them. A number is accepted, too.
    long ReadInt64(ref Utf8JsonReader reader)
    {
        var isWhole = reader.TokenType == JsonTokenType.Number
            ? reader.TryGetInt64(out var number)
            : long.TryParse(ReadWide(ref reader), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
        return isWhole ? number : throw path.Refuse("must be a whole number of 64 bits.");
    }

    ulong ReadUInt64(ref Utf8JsonReader reader)
    {
        var isWhole = reader.TokenType == JsonTokenType.Number
            ? reader.TryGetUInt64(out var number)
            : ulong.TryParse(ReadWide(ref reader), NumberStyles.None, CultureInfo.InvariantCulture, out number);
        return isWhole ? number : throw path.Refuse("must be a whole number of 64 bits that is not negative.");
    }

    string ReadWide(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.String, "must be a whole number.");
        return ExactText(ref reader);
    }

    Struct ReadStruct(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "must be an object.");
        var result = new Struct();
        HashSet<string>? mended = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = FreeName(ref reader, out var isMended);
            path.Enter(name);
            reader.Read();
            var value = ReadFree(ref reader);
            if (isMended)
                (mended ??= []).Add(name);
            if (!result.Fields.TryAdd(name, value))
                Replace(result, name, value, isMended: mended?.Contains(name) ?? false);
            path.Leave();
        }

        return result;
    }

    // Names that differed, and became equal when they were repaired, must not fail the whole call.
    void Replace(Struct data, string name, Value value, bool isMended)
    {
        var refusal = path.Refuse(isMended ? "has the same name as a later one, since a character that cannot be stored was replaced." : "is given twice.");
        if (!isMended)
            throw refusal;

        data.Fields[name] = value;
        leftOut.Add(LeftOut.Of(path.ToString(), refusal.Violations[0]));
    }

    string FreeName(ref Utf8JsonReader reader, out bool isMended)
    {
        var exact = isSdk ? JsonText.Read(ref reader) : ExactText(ref reader);
        var name = exact ?? FreeText(ref reader);
        isMended = exact is null;
        if (!isSdk || (name.Length > 0 && !name.Any(char.IsControl)))
            return name;

        isMended = true;
        return name.Length == 0 ? $"{Mended.Lost}" : Mended.WithoutControl(name)!;
    }

    Value ReadFree(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => Value.ForNull(),
        JsonTokenType.True => Value.ForBool(true),
        JsonTokenType.False => Value.ForBool(false),
        JsonTokenType.Number => Value.ForNumber(ReadNumber(ref reader)),
        JsonTokenType.String => Value.ForString(FreeText(ref reader)),
        JsonTokenType.StartObject => new Value { StructValue = ReadStruct(ref reader) },
        _ => new Value { ListValue = ReadFreeList(ref reader) },
    };

    ListValue ReadFreeList(ref Utf8JsonReader reader)
    {
        CheckDepth(ref reader);
        var list = new ListValue();
        for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            path.Enter(index);
            list.Values.Add(ReadFree(ref reader));
            path.Leave();
        }

        return list;
    }

    string ExactText(ref Utf8JsonReader reader) => JsonText.Read(ref reader) ?? throw path.Refuse("contains half of a surrogate pair.");

    string FreeText(ref Utf8JsonReader reader) => isSdk ? JsonText.ReadMended(ref reader) : ExactText(ref reader);

    void Expect(ref Utf8JsonReader reader, JsonTokenType type, string message)
    {
        if (reader.TokenType != type)
            throw path.Refuse(message);
        CheckDepth(ref reader);
    }

    void CheckDepth(ref Utf8JsonReader reader)
    {
        if (reader.CurrentDepth >= MaxDepth && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            throw path.Refuse($"is nested deeper than {MaxDepth} levels.");
    }

    static bool IsValue(FieldDescriptor field) => field.FieldType == FieldType.Message && field.MessageType.FullName == "google.protobuf.Value";

    static string FirstSentence(string message) => message.Split(['.'], 2)[0];
}
