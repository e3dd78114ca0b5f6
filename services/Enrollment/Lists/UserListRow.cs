using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks;
using Proto = Journeys.Protos.Enrollment.V1;

namespace Journeys.Enrollments.Lists;

/// <summary>A user list as stored.</summary>
public sealed record UserListRow
{
    public Guid ListId { get; init; }
    public string Key { get; init; } = "";
    public string Name { get; init; } = "";
    public string Description { get; init; } = "";
    public int Members { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>As the contract shows it.</summary>
    public Proto.UserList ToProto() => new()
    {
        Id = ListId.ToString(),
        Key = Key,
        Name = Name,
        Description = Description,
        Members = Members,
        CreateTime = CreatedAt.ToTimestamp(),
        UpdateTime = UpdatedAt.ToTimestamp(),
    };

    /// <summary>The refusal of a name that another list of the site has.</summary>
    public static AlreadyThere NameTaken(string name) => new("NAME_TAKEN", $"A user list named {name} already exists.");
}
