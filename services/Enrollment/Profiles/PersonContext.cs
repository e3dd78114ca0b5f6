using System.Text.Json;
using System.Text.Json.Nodes;
using Journeys.BuildingBlocks;
using Journeys.Engine;
using Journeys.EngineContracts;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Profiles;

/// <summary>Merges traits and context that callers send into the stored ones.</summary>
public static class PersonContext
{
    const int MaxTraits = 100;
    const int MaxTraitBytes = 16 * 1024;
    const int MaxLocationBytes = 4 * 1024;
    const int MaxContextText = 256;
    const int MaxLocale = 64;

    // Merged profiles may have more traits than calls can set, up to these limits.
    const int MaxJoinedTraits = 2 * MaxTraits;
    const int MaxJoinedTraitBytes = 4 * MaxTraitBytes;

    /// <summary>Returns the traits after setting these; null removes a trait. Returns the same text if none changes.</summary>
    /// <remarks>A merged profile above the limits can still have its traits changed and removed; only new ones are refused.</remarks>
    /// <exception cref="InvalidInput">The result would exceed the limits.</exception>
    public static string MergeTraits(string known, Google.Protobuf.WellKnownTypes.Struct? given)
    {
        if (given is null || given.Fields.Count == 0)
            return known;

        var traits = JsonNode.Parse(known)!.AsObject();
        var (changesSome, addsSome) = (false, false);
        foreach (var (key, value) in JsonNode.Parse(Json.ToText(given))!.AsObject())
        {
            if (JsonNode.DeepEquals(traits[key], value) && traits.ContainsKey(key) == value is not null)
                continue;

            changesSome = true;
            addsSome |= value is not null && !traits.ContainsKey(key);
            if (value is null)
                traits.Remove(key);
            else
                traits[key] = value.DeepClone();
        }

        if (!changesSome)
            return known;

        var merged = traits.ToJsonString();
        var bytes = JsonSize.Of(JsonElement.Parse(merged));
        var isWithin = traits.Count <= MaxTraits && bytes <= MaxTraitBytes;
        if (!isWithin && (addsSome || (bytes > MaxJoinedTraitBytes && bytes > JsonSize.Of(JsonElement.Parse(known)))))
            throw new InvalidInput("traits", $"must have at most {MaxTraits} traits and {MaxTraitBytes / 1024} KiB of JSON, including the traits already stored.");
        return merged;
    }

    /// <summary>Merges the traits of a visitor into those of a user: the user's win, and the visitor's are added as long as there is room.</summary>
    /// <param name="user">The traits of the user.</param>
    /// <param name="visitor">The traits of the visitor.</param>
    /// <param name="warnings">Receives a warning with the number of traits that were left out.</param>
    public static string JoinTraits(string user, string visitor, ICollection<Proto.Warning> warnings)
    {
        var traits = JsonNode.Parse(user)!.AsObject();
        var bytes = JsonSize.Of(JsonElement.Parse(user));
        var leftOut = 0;
        foreach (var (key, value) in JsonNode.Parse(visitor)!.AsObject().Where(trait => !traits.ContainsKey(trait.Key)).ToList())
        {
            var added = JsonSize.Of(JsonElement.Parse(new JsonObject { [key] = value?.DeepClone() }.ToJsonString()));
            if (traits.Count >= MaxJoinedTraits || bytes + added > MaxJoinedTraitBytes)
            {
                leftOut++;
                continue;
            }

            traits[key] = value?.DeepClone();
            bytes += added;
        }

        if (leftOut > 0)
        {
            warnings.Add(new()
            {
                Field = "traits",
                Message = $"Left out: {leftOut} of the visitor's. After a visitor is joined to a user, the user has at most {MaxJoinedTraits} traits "
                    + $"and {MaxJoinedTraitBytes / 1024} KiB of them as JSON.",
            });
        }

        return traits.ToJsonString();
    }

    /// <summary>Merges the contexts of a visitor and a user; the user's values win.</summary>
    public static string JoinContexts(string user, string visitor)
    {
        var context = JsonNode.Parse(visitor)!.AsObject();
        foreach (var (key, value) in JsonNode.Parse(user)!.AsObject())
            context[key] = value?.DeepClone();
        return context.ToJsonString();
    }

    /// <summary>Checks traits before anything is changed.</summary>
    public static void Check(Google.Protobuf.WellKnownTypes.Struct? traits)
    {
        FreeForm.Check(traits, MaxTraitBytes, "traits");
        foreach (var (key, value) in traits?.Fields ?? [])
        {
            if (key.Length is 0 or > Person.MaxTraitName)
                throw new InvalidInput("traits", $"must have trait names of 1 to {Person.MaxTraitName} characters.");
            if (!IsTrait(value))
                throw new InvalidInput($"traits.{key}", "must be a string, number, boolean or list of strings.");
        }
    }

    /// <summary>
    /// Returns a profile with the context that the caller sent; an equal one if nothing changes. Invalid parts are left
    /// out, so that the rest of the call succeeds.
    /// </summary>
    /// <param name="profile">The profile of the caller.</param>
    /// <param name="given">The context; null for none.</param>
    /// <param name="warnings">Receives a warning for each part that was left out.</param>
    public static ProfileRow Merge(ProfileRow profile, Proto.Context? given, ICollection<Proto.Warning> warnings)
    {
        if (given is null)
            return profile;

        bool Fits(bool holds, string part, string message)
        {
            if (!holds)
                warnings.Add(new() { Field = $"context.{part}", Message = $"Left out: it {message}" });
            return holds;
        }

        void Set(JsonObject target, string key, string value, string part)
        {
            if (value.Length > 0 && Fits(IsText(value, MaxContextText), part, TextOf(MaxContextText)))
                Put(target, key, JsonValue.Create(value));
        }

        var changesSome = false;
        void Put(JsonObject target, string key, JsonNode? value)
        {
            if (JsonNode.DeepEquals(target[key], value))
                return;

            changesSome = true;
            target[key] = value;
        }

        var context = JsonNode.Parse(profile.Context)!.AsObject();
        Set(context, "role", given.Role, "role");
        Set(context, "browser", given.Browser, "browser");
        if (given.Device is { } device)
        {
            if (context["device"] is not JsonObject known)
                Put(context, "device", known = []);
            Set(known, "type", device.Type, "device.type");
            Set(known, "os", device.Os, "device.os");
            Set(known, "browser", device.Browser, "device.browser");
        }

        var fault = FreeForm.Fault(given.Location, MaxLocationBytes);
        if (given.Location is { } location && Fits(fault is null, "location", fault ?? ""))
            Put(context, "location", JsonNode.Parse(Json.ToText(location)));

        var zone = Calendar.Find(given.TimeZone);
        var hasZone = given.TimeZone.Length > 0
            && Fits(zone is not null, "timeZone", "must be an IANA time zone such as Europe/Berlin, or an offset such as +02:00.");
        var hasLocale = given.Locale.Length > 0 && Fits(IsText(given.Locale, MaxLocale), "locale", TextOf(MaxLocale));
        return profile with
        {
            Context = changesSome ? context.ToJsonString() : profile.Context,
            TimeZone = hasZone ? zone!.Id : profile.TimeZone,
            Locale = hasLocale ? given.Locale : profile.Locale,
        };
    }

    /// <summary>Maps the context to the contract.</summary>
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

    static bool IsText(string value, int max) => value.Length <= max && !value.Contains('\0');

    static string TextOf(int max) => $"must have at most {max} characters, none of them NUL.";

    static bool IsTrait(Google.Protobuf.WellKnownTypes.Value value) => value.KindCase switch
    {
        Google.Protobuf.WellKnownTypes.Value.KindOneofCase.StructValue => false,
        Google.Protobuf.WellKnownTypes.Value.KindOneofCase.ListValue => value.ListValue.Values.All(item => item.HasStringValue),
        _ => true,
    };
}
