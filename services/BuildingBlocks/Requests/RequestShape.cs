using System.Buffers;
using System.Collections;
using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Journeys.Protos.Options.V1;

namespace Journeys.BuildingBlocks.Requests;

/// <summary>
/// The rules that all messages of one type must satisfy, whatever their purpose; computed once for each type.
/// </summary>
/// <remarks>
/// Protobuf can carry values that cannot be stored, shown or computed with: NUL characters, undefined enum numbers,
/// infinite numbers, times outside the calendar, values without a kind, and nesting that is too deep to read.
/// </remarks>
public sealed class RequestShape
{
    /// <summary>Maximum nesting of objects and lists, counted as in JSON with the request as the first level.</summary>
    public const int MaxDepth = 32;

    static readonly ConcurrentDictionary<MessageDescriptor, RequestShape> Known = new();

    // Control characters, except those that a rule, a payload or a description may contain: tab, line feed, carriage
    // return.
    static readonly SearchValues<char> Unprintable =
        SearchValues.Create([.. Enumerable.Range(0, 32).Select(code => (char)code).Except(['\t', '\n', '\r']), '\x7f']);

    static readonly SearchValues<char> Control =
        SearchValues.Create([.. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(char.IsControl)]);

    readonly FieldDescriptor[] fields;
    readonly bool[] isKey;
    readonly SearchValues<char>[] refused;
    readonly RequestShape?[] children;

    RequestShape(MessageDescriptor descriptor)
    {
        fields = [.. descriptor.Fields.InDeclarationOrder().Where(MayBeWrong)];
        isKey = [.. fields.Select(IsKey)];
        refused = [.. fields.Select(field => HasSeveralLines(field) ? Unprintable : Control)];
        children = new RequestShape?[fields.Length];
    }

    /// <summary>Returns the shape of a type.</summary>
    public static RequestShape Of(MessageDescriptor descriptor) => Known.GetOrAdd(descriptor, type => new RequestShape(type));

    /// <summary>
    /// Returns whether a field is an id or a name. Other objects are found by it, so its text is never changed.
    /// </summary>
    public static bool IsKey(FieldDescriptor field) =>
        field.Name is "id" or "name"
        || field.Name.EndsWith("_id", StringComparison.Ordinal) || field.Name.EndsWith("_ids", StringComparison.Ordinal);

    /// <summary>Returns the first problem of a message, or null.</summary>
    /// <param name="message">The request.</param>
    /// <param name="mends">
    /// Replaces characters that cannot be stored by U+FFFD, in free-form data and in text that is not a key, instead of
    /// refusing them. For pages, which pass on whatever their visitors type and would lose the whole call.
    /// </param>
    public Violation? Find(IMessage message, bool mends) => Find(message, mends ? [] : null);

    /// <summary>Returns the first problem of a message, or null.</summary>
    /// <param name="message">The request.</param>
    /// <param name="lost">Receives what is left out of a message that is mended; null to mend nothing.</param>
    public Violation? Find(IMessage message, List<Violation>? lost) => Find(message, lost, depth: 1);

    Violation? Find(IMessage message, List<Violation>? lost, int depth)
    {
        if (depth > MaxDepth)
            return TooDeep;

        for (var index = 0; index < fields.Length; index++)
        {
            var field = fields[index];
            if (field.HasPresence && !field.Accessor.HasValue(message))
                continue;
            var value = field.Accessor.GetValue(message);
            var known = lost?.Count ?? 0;
            var violation = field.IsRepeated ? InList((IList)value, index, lost, depth + 1) : In(value, index, lost, depth);
            Below(field.JsonName, lost, known);
            if (violation is not null)
                return Below(field.JsonName, violation);
            if (lost is not null && !isKey[index] && value is string text && FreeText.WithoutControl(text) is { } mended)
                field.Accessor.SetValue(message, mended);
        }

        return null;
    }

    Violation? InList(IList list, int index, List<Violation>? lost, int depth)
    {
        if (list.Count > 0 && depth > MaxDepth)
            return TooDeep;

        for (var item = 0; item < list.Count; item++)
        {
            var known = lost?.Count ?? 0;
            var violation = In(list[item]!, index, lost, depth);
            Below($"[{item}]", lost, known);
            if (violation is not null)
                return Below($"[{item}]", violation);
        }

        return null;
    }

    Violation? In(object value, int index, List<Violation>? lost, int depth) => value switch
    {
        string text => lost is not null && !isKey[index] ? null : InText(text, refused[index]),
        double number => double.IsFinite(number) ? null : NotFinite,
        Timestamp time => ProtoTimes.IsTime(time) ? null : new Violation("", "must be a time between the years 1 and 9999."),
        Duration span => ProtoTimes.IsSpan(span) ? null : new Violation("", "must be a duration of at most 10,000 years."),
        Struct data => InStruct(data, lost, depth + 1),
        Value free => InValue(free, lost, depth),
        IMessage message => Child(index).Find(message, lost, depth + 1),
        _ => fields[index].EnumType.FindValueByNumber((int)value) is null ? UnknownValue(fields[index].EnumType) : null,
    };

    // Resolved late, because message types can contain themselves.
    RequestShape Child(int index) => children[index] ??= Of(fields[index].MessageType);

    static Violation? InText(string text, SearchValues<char> refused) =>
        !text.AsSpan().ContainsAny(refused) ? null : text.Contains('\0') ? Nul : HasControl;

    static Violation? InStruct(Struct data, List<Violation>? lost, int depth)
    {
        if (depth > MaxDepth)
            return TooDeep;
        if (lost is not null)
            lost.AddRange(FreeText.MendKeys(data).Select(name => SameName with { Field = name }));

        foreach (var (name, value) in data.Fields)
        {
            // The JSON form of protobuf has no empty names, so the data could be stored but never read.
            if (name.Length == 0)
                return new Violation("", "has an empty name.");
            if (lost is null && name.AsSpan().ContainsAny(Control))
                return new Violation("", "has a name with control characters.");
            var known = lost?.Count ?? 0;
            var violation = InValue(value, lost, depth);
            Below(name, lost, known);
            if (violation is not null)
                return Below(name, violation);
        }

        return null;
    }

    static Violation? InValue(Value value, List<Violation>? lost, int depth)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.None:
                return new Violation("", "must have a value; use null for no value.");
            case Value.KindOneofCase.NumberValue:
                return double.IsFinite(value.NumberValue) ? null : NotFinite;
            case Value.KindOneofCase.StructValue:
                return InStruct(value.StructValue, lost, depth + 1);
            case Value.KindOneofCase.ListValue:
                return InValues(value.ListValue, lost, depth + 1);
            case Value.KindOneofCase.StringValue when lost is not null:
                if (value.StringValue.Contains('\0'))
                    value.StringValue = value.StringValue.Replace('\0', FreeText.Lost);
                return null;
            case Value.KindOneofCase.StringValue:
                return InText(value.StringValue, Unprintable);
            default:
                return null;
        }
    }

    static Violation? InValues(ListValue list, List<Violation>? lost, int depth)
    {
        if (depth > MaxDepth)
            return TooDeep;

        for (var item = 0; item < list.Values.Count; item++)
        {
            var known = lost?.Count ?? 0;
            var violation = InValue(list.Values[item], lost, depth);
            Below($"[{item}]", lost, known);
            if (violation is not null)
                return Below($"[{item}]", violation);
        }

        return null;
    }

    static bool HasSeveralLines(FieldDescriptor field) => field.GetOptions()?.GetExtension(TextExtensions.SeveralLines) ?? false;

    static bool MayBeWrong(FieldDescriptor field) =>
        !field.IsMap && field.FieldType is FieldType.String or FieldType.Enum or FieldType.Double or FieldType.Message;

    static Violation Below(string name, Violation violation) => violation with
    {
        Field = violation.Field.Length == 0 || violation.Field[0] == '[' ? name + violation.Field : $"{name}.{violation.Field}",
    };

    // Whatever was added since then lies below the name.
    static void Below(string name, List<Violation>? lost, int known)
    {
        for (var index = known; index < lost?.Count; index++)
            lost[index] = Below(name, lost[index]);
    }

    // The gateway says the same of JSON.
    static readonly Violation SameName =
        new("", "Left out: it has the same name as a later one, since a character that cannot be stored was replaced.");
    static readonly Violation TooDeep = new("", $"is nested deeper than {MaxDepth} levels.");
    static readonly Violation Nul = new("", "must not contain the NUL character.");
    static readonly Violation HasControl = new("", "must not contain control characters.");
    static readonly Violation NotFinite = new("", "must be a finite number.");

    static Violation UnknownValue(EnumDescriptor type) => new("", EnumNames.Expected(type));
}
