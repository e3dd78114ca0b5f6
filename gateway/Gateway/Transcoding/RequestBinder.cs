using System.Collections;
using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Journeys.BuildingBlocks;
using Journeys.Gateways.Routing;
using Microsoft.AspNetCore.WebUtilities;

namespace Journeys.Gateways.Transcoding;

/// <summary>Makes the request message of an rpc from path, query and body.</summary>
public static class RequestBinder
{
    // Credentials of callers that cannot set headers: EventSource and sendBeacon.
    static readonly HashSet<string> CredentialParameters = ["apiKey", "userToken"];

    /// <returns>The message, and the invalid auxiliary parts that were left out.</returns>
    /// <exception cref="InvalidInput">The request is invalid; the violations name the field.</exception>
    public static (IMessage Message, IReadOnlyList<Violation> LeftOut) Bind(HttpContext context, CallRoute route, ReadOnlySpan<byte> body)
    {
        var shape = route.Rpc.Request;
        var message = shape.Create();
        var leftOut = body.Length > 0 ? StrictJson.ReadInto(message, shape, body, route.IsSdk) : [];

        BindPath(context, route, message);
        BindQuery(context.Request.QueryString.Value, route, message);
        return (message, leftOut);
    }

    static void BindPath(HttpContext context, CallRoute route, IMessage message)
    {
        foreach (var variable in route.Variables)
        {
            var field = variable.Field;
            var value = ParseText(PathSegments.Of(context, variable), new FieldShape(field), field.JsonName);
            if (variable.IsUuid && !(variable.TakesKey && Keys.In((string)value, field.JsonName) is not null))
                Check.Uuid((string)value, field.JsonName);
            if (field.Accessor.GetValue(message) is string inBody && inBody.Length > 0 && inBody != (string)value)
                throw new InvalidInput(field.JsonName, "differs from the one in the path.");

            field.Accessor.SetValue(message, value);
        }
    }

    static void BindQuery(string? query, CallRoute route, IMessage message)
    {
        HashSet<FieldDescriptor>? seen = null;
        foreach (var parameter in new QueryStringEnumerable(query))
        {
            var name = Decode(parameter.EncodedName, "query");
            if (route.IsSdk && CredentialParameters.Contains(name))
                continue;

            var shape = route.HasBody ? null : route.Rpc.Request.Find(name);
            if (shape is null || route.Variables.Any(variable => variable.Field == shape.Field))
            {
                if (route.IsSdk)
                    continue;
                throw new InvalidInput(name, "is not a query parameter of this call.");
            }

            if (!(seen ??= []).Add(shape.Field) && !shape.Field.IsRepeated)
                throw new InvalidInput(name, "is given twice.");
            SetField(message, shape, ParseText(Decode(parameter.EncodedValue, name), shape, name));
        }
    }

    static string Decode(ReadOnlyMemory<char> encoded, string field) =>
        PercentText.Decode(encoded.ToString(), plusIsSpace: true) ?? throw new InvalidInput(field, "must be UTF-8, percent-encoded.");

    static void SetField(IMessage message, FieldShape shape, object value)
    {
        if (shape.Field.IsRepeated)
            ((IList)shape.Field.Accessor.GetValue(message)).Add(value);
        else
            shape.Field.Accessor.SetValue(message, value);
    }

    static object ParseText(string text, FieldShape shape, string name) => shape.Field.FieldType switch
    {
        FieldType.String => text,
        FieldType.Bool => text is "true" or "false" ? text == "true" : throw new InvalidInput(name, "must be true or false."),
        FieldType.Int32 => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidInput(name, "must be a 32-bit integer."),
        FieldType.Enum => shape.Field.EnumType.FindValueByName(text)?.Number ?? throw new InvalidInput(name, EnumNames.Expected(shape.Field.EnumType)),
        FieldType.Message => ParseMessage(text, shape, name),
        _ => throw new InvalidInput(name, "cannot be a query parameter."),
    };

    static IMessage ParseMessage(string text, FieldShape shape, string name)
    {
        if (shape.Message.FullName is not ("google.protobuf.Timestamp" or "google.protobuf.Duration"))
            throw new InvalidInput(name, "cannot be a query parameter.");

        try
        {
            return WellKnownText.Parse(text, shape.Message);
        }
        catch (FormatException exception)
        {
            throw new InvalidInput(name, exception.Message);
        }
    }
}
