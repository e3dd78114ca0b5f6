using System.Text.Json.Nodes;
using Google.Protobuf;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.EngineContracts;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Profiles;

/// <summary>Merges what callers say of a person into what is known.</summary>
public static class PersonContext
{
    const int MaxTraits = 100;
    const int MaxTraitBytes = 16 * 1024;
    const int MaxLocationBytes = 4 * 1024;

    /// <summary>The traits with these set; null removes one.</summary>
    public static string MergeTraits(string known, Google.Protobuf.WellKnownTypes.Struct? given)
    {
        if (given is null || given.Fields.Count == 0)
            return known;

        var traits = JsonNode.Parse(known)!.AsObject();
        foreach (var (key, value) in JsonNode.Parse(Json.ToText(given))!.AsObject().ToList())
        {
            if (value is null)
                traits.Remove(key);
            else
                traits[key] = value.DeepClone();
        }

        var merged = traits.ToJsonString();
        if (traits.Count > MaxTraits || merged.Length > MaxTraitBytes)
            throw new InvalidInput("traits", $"may have {MaxTraits} traits and {MaxTraitBytes / 1024} KiB as JSON, together with what is known already.");
        return merged;
    }

    /// <summary>Traits of two who are one from now on: the user's win.</summary>
    public static string JoinTraits(string user, string visitor)
    {
        var traits = JsonNode.Parse(visitor)!.AsObject();
        foreach (var (key, value) in JsonNode.Parse(user)!.AsObject())
            traits[key] = value?.DeepClone();
        return traits.ToJsonString();
    }

    /// <summary>Checks traits before anything is changed.</summary>
    public static void Check(Google.Protobuf.WellKnownTypes.Struct? traits)
    {
        FreeForm.Check(traits, MaxTraitBytes, "traits");
        foreach (var (key, value) in traits?.Fields ?? [])
        {
            if (key.Length is 0 or > 128)
                throw new InvalidInput("traits", "has a trait whose name does not have 1 to 128 characters.");
            if (!IsTrait(value))
                throw new InvalidInput($"traits.{key}", "must be a string, number, boolean or list of strings.");
        }
    }

    /// <summary>A profile with what the caller says of where it calls from.</summary>
    public static ProfileRow Merge(ProfileRow profile, Proto.Context? given)
    {
        if (given is null)
            return profile;
        if (given.TimeZone.Length > 0 && Calendar.Find(given.TimeZone) is null)
            throw new InvalidInput("context.timeZone", "must be an IANA time zone such as Europe/Berlin.");
        FreeForm.Check(given.Location, MaxLocationBytes, "context.location");

        var context = JsonNode.Parse(profile.Context)!.AsObject();
        Set(context, "role", given.Role);
        Set(context, "browser", given.Browser);
        if (given.Device is { } device)
        {
            if (context["device"] is not JsonObject known)
                context["device"] = known = [];
            Set(known, "type", device.Type);
            Set(known, "os", device.Os);
            Set(known, "browser", device.Browser);
        }

        if (given.Location is { } location)
            context["location"] = JsonNode.Parse(Json.ToText(location));

        return profile with
        {
            Context = context.ToJsonString(),
            TimeZone = given.TimeZone.Length > 0 ? given.TimeZone : profile.TimeZone,
            Locale = given.Locale.Length > 0 ? BuildingBlocks.Check.Text(given.Locale, 1, 64, "context.locale") : profile.Locale,
        };
    }

    /// <summary>The context as the contract shows it.</summary>
    public static Proto.Context ToProto(ProfileRow profile)
    {
        var context = JsonNode.Parse(profile.Context)!.AsObject();
        return new()
        {
            Device = context["device"] is JsonObject device
                ? new() { Type = Text(device, "type"), Os = Text(device, "os"), Browser = Text(device, "browser") }
                : null,
            Browser = Text(context, "browser"),
            Role = Text(context, "role"),
            Location = context["location"] is JsonObject location ? Json.ToStruct(location.ToJsonString()) : null,
            TimeZone = profile.TimeZone ?? "",
            Locale = profile.Locale ?? "",
        };
    }

    static string Text(JsonObject source, string key) => source[key]?.GetValue<string>() ?? "";

    static void Set(JsonObject target, string key, string value)
    {
        if (value.Length > 0)
            target[key] = BuildingBlocks.Check.Text(value, 1, 256, $"context.{key}");
    }

    static bool IsTrait(Google.Protobuf.WellKnownTypes.Value value) => value.KindCase switch
    {
        Google.Protobuf.WellKnownTypes.Value.KindOneofCase.StructValue => false,
        Google.Protobuf.WellKnownTypes.Value.KindOneofCase.ListValue => value.ListValue.Values.All(item => item.HasStringValue),
        _ => true,
    };
}
