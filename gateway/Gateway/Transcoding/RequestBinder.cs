using System.Collections;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.BuildingBlocks;

namespace Journeys.Gateways;

/// <summary>Makes the request message of an rpc from path, query and body.</summary>
public static class RequestBinder
{
    // Credentials for callers that cannot set headers: EventSource and sendBeacon.
    static readonly HashSet<string> CredentialParameters = ["apiKey", "userToken"];

    /// <exception cref="InvalidInput">Something is wrong with it; the violations name the field.</exception>
    public static IMessage Bind(HttpContext context, CallRoute route, ReadOnlySpan<byte> body)
    {
        var shape = route.Rpc.Request;
        var message = shape.Create();
        if (body.Length > 0)
            StrictJson.ReadInto(message, shape, body, ignoreUnknown: route.IsSdk);

        BindPath(context, route, message);
        BindQuery(context.Request.Query, route, message);
        return message;
    }

    static void BindPath(HttpContext context, CallRoute route, IMessage message)
    {
        foreach (var variable in route.Variables)
        {
            var field = variable.Field;
            var value = ParseText(PathText.Of(context, variable), shape: new FieldShape(field), field.JsonName);
            if (variable.IsUuid)
                Check.Uuid((string)value, field.JsonName);
            if (field.Accessor.GetValue(message) is string inBody && inBody.Length > 0 && inBody != (string)value)
                throw new InvalidInput(field.JsonName, "differs from the one in the path.");

            field.Accessor.SetValue(message, value);
        }
    }

    static void BindQuery(IQueryCollection query, CallRoute route, IMessage message)
    {
        HashSet<FieldDescriptor>? seen = null;
        foreach (var (name, values) in query)
        {
            if (route.IsSdk && CredentialParameters.Contains(name))
                continue;

            var shape = route.HasBody ? null : route.Rpc.Request.Find(name);
            if (shape is null || route.Variables.Any(variable => variable.Field == shape.Field))
            {
                if (route.IsSdk)
                    continue;
                throw new InvalidInput(name, "is not a parameter of this call.");
            }

            if (!(seen ??= []).Add(shape.Field) || (values.Count > 1 && !shape.Field.IsRepeated))
                throw new InvalidInput(name, "is there twice.");
            SetField(message, shape, name, values);
        }
    }

    static void SetField(IMessage message, FieldShape shape, string name, IEnumerable<string?> values)
    {
        foreach (var value in values)
        {
            var parsed = ParseText(value ?? "", shape, name);
            if (shape.Field.IsRepeated)
                ((IList)shape.Field.Accessor.GetValue(message)).Add(parsed);
            else
                shape.Field.Accessor.SetValue(message, parsed);
        }
    }

    static object ParseText(string text, FieldShape shape, string name) => shape.Field.FieldType switch
    {
        FieldType.String => CheckText(text, shape, name),
        FieldType.Bool => text is "true" or "false" ? text == "true" : throw new InvalidInput(name, "must be true or false."),
        FieldType.Int32 => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidInput(name, "must be a whole number of 32 bits."),
        FieldType.Enum => shape.Field.EnumType.FindValueByName(text)?.Number ?? throw new InvalidInput(name, EnumNames.Expected(shape.Field.EnumType)),
        FieldType.Message => ParseMessage(text, shape, name),
        _ => throw new InvalidInput(name, "cannot be a parameter."),
    };

    static IMessage ParseMessage(string text, FieldShape shape, string name)
    {
        if (shape.Message.FullName is not ("google.protobuf.Timestamp" or "google.protobuf.Duration"))
            throw new InvalidInput(name, "cannot be a parameter.");

        try
        {
            return WellKnownText.Parse(text, shape.Message);
        }
        catch (FormatException exception)
        {
            throw new InvalidInput(name, exception.Message);
        }
    }

    static string CheckText(string text, FieldShape shape, string name)
    {
        // U+FFFD is what the server makes of bytes that are no UTF-8.
        if (text.Contains('\0') || text.Contains('\uFFFD'))
            throw new InvalidInput(name, "must be text without the NUL character, in UTF-8.");
        if (shape.IsId && text.Any(char.IsControl))
            throw new InvalidInput(name, "must not contain control characters.");

        return text;
    }
}
