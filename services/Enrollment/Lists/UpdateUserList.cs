using Journeys.BuildingBlocks;
using Npgsql;

namespace Journeys.Enrollments.Lists;

/// <summary>Changes the name and the description of a user list.</summary>
public sealed class UpdateUserList(UserListStore lists, TimeProvider time)
{
    /// <summary>Changes the given fields. Null leaves a field unchanged.</summary>
    /// <exception cref="InvalidInput">A field is invalid.</exception>
    /// <exception cref="NotFound">The site has no such list.</exception>
    /// <exception cref="AlreadyThere">Reason NAME_TAKEN.</exception>
    public async Task<UserListRow> HandleAsync(Guid siteId, Guid listId, string? name, string? description, CancellationToken ct)
    {
        if (name is not null)
            Check.Name(name, "name");
        if (description is not null)
            Check.Description(description, "description");

        try
        {
            return await lists.UpdateAsync(siteId, listId, name, description, time.GetUtcNow(), ct)
                ?? throw new NotFound("user list", listId);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw UserListRow.NameTaken(name!);
        }
    }
}
