using Dapper;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks.Databases;
using Journeys.EngineContracts;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Rule.V1;
using Npgsql;
using Events = Journeys.Protos.Events.V1;

namespace Journeys.Definitions.Audiences;

/// <summary>An audience as stored.</summary>
public sealed record AudienceRow
{
    public Guid SiteId { get; init; }
    public Guid AudienceId { get; init; }
    public string Key { get; init; } = "";
    public string Name { get; init; } = "";
    public string Description { get; init; } = "";
    public byte[] Rule { get; init; } = [];
    public int Revision { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset UpdatedAt { get; init; }
    public int Journeys { get; init; }

    /// <summary>Whether Enrollment has acknowledged its newest change.</summary>
    public bool AppliedEverywhere { get; init; }

    /// <summary>Parses the rule.</summary>
    public Rule ReadRule() => Protos.Rule.V1.Rule.Parser.ParseFrom(Rule);

    /// <summary>Maps it to the contract.</summary>
    public Audience ToProto() => new()
    {
        Id = AudienceId.ToString(),
        SiteId = SiteId.ToString(),
        Key = Key,
        Name = Name,
        Description = Description,
        Rule = ReadRule(),
        Revision = Revision,
        CreateTime = CreatedAt.ToTimestamp(),
        UpdateTime = UpdatedAt.ToTimestamp(),
        Journeys = Journeys,
        AppliedEverywhere = AppliedEverywhere,
    };

    /// <summary>Returns the message about its newest change.</summary>
    public Events.AudienceChanged ToMessage(bool deleted) => new()
    {
        SiteId = SiteId.ToString(),
        AudienceId = AudienceId.ToString(),
        Revision = Revision,
        Name = Name,
        Deleted = deleted,
        Rule = deleted ? null : ReadRule(),
        Time = UpdatedAt.ToTimestamp(),
    };
}

/// <summary>Reads and writes audiences.</summary>
public sealed class AudienceStore(NpgsqlDataSource source)
{
    const string Select = """
        select a.site_id, a.audience_id, a.key, a.name, a.description, a.rule, a.revision, a.created_at, a.updated_at,
               (select count(distinct u.journey_id)::integer from definition.audience_use u
                where u.site_id = a.site_id and u.audience_id = a.audience_id) as journeys,
               not exists (
                select from definition.audience_change c
                where c.site_id = a.site_id and c.audience_id = a.audience_id and c.acknowledged_at is null) as applied_everywhere
        from definition.audience a

        """;

    const string SelectAll = Select + "where a.site_id = @siteId order by a.name";

    const string WhereSearch = "a.site_id = @siteId and position(lower(@search) in lower(a.name)) > 0";

    /// <summary>Returns one audience; null when the site has none with this id.</summary>
    public async Task<AudienceRow?> FindAsync(Guid siteId, Guid audienceId, CancellationToken ct)
    {
        const string sql = Select + "where a.site_id = @siteId and a.audience_id = @audienceId";

        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QuerySingleOrDefaultAsync<AudienceRow>(sql, new { siteId, audienceId }, ct);
    }

    /// <summary>Returns all audiences of a site.</summary>
    public async Task<IReadOnlyList<AudienceRow>> ListAllAsync(Guid siteId, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        return await connection.QueryAsync<AudienceRow>(SelectAll, new { siteId }, ct);
    }

    /// <summary>Returns all audiences of a site as the transaction sees them.</summary>
    public static async Task<IReadOnlyList<AudienceRow>> ListAllAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct) =>
        (await transaction.QueryAsync<AudienceRow>(SelectAll, new { siteId }, ct)).AsList();

    /// <summary>Returns the rules of audiences in the engine's types, by audience id.</summary>
    public static IReadOnlyDictionary<Guid, Engine.Rule> RulesOf(IEnumerable<AudienceRow> audiences) =>
        audiences.ToDictionary(audience => audience.AudienceId, audience => RuleReader.Read(audience.ReadRule())!);

    /// <summary>
    /// Takes the turn for audiences: serializes changes of audiences of a site until the transaction ends.
    /// </summary>
    /// <remarks>Rules name other audiences, so two changes that are valid alone may be invalid together.</remarks>
    public static Task TakeTurnAsync(NpgsqlTransaction transaction, Guid siteId, CancellationToken ct)
    {
        const string sql = "select pg_advisory_xact_lock(hashtext('definition.audience'), hashtext(@siteId::text))";
        return transaction.ExecuteAsync(sql, new { siteId }, ct);
    }

    /// <summary>Returns a page of audiences after a name, by name, and the total number of matches.</summary>
    public async Task<(IReadOnlyList<AudienceRow> Audiences, int Total)> ListAsync(
        Guid siteId, string search, string afterName, int limit, CancellationToken ct)
    {
        const string sql = $"""
            {Select}
            where {WhereSearch} and a.name > @afterName
            order by a.name
            limit @limit;

            select count(*)::integer from definition.audience a where {WhereSearch}
            """;

        return await source.QueryPageAsync<AudienceRow>(sql, new { siteId, search, afterName, limit }, ct);
    }

    /// <summary>Locks and returns one audience; null when the site has none with this id.</summary>
    public static async Task<AudienceRow?> LockAsync(NpgsqlTransaction transaction, Guid siteId, Guid audienceId, CancellationToken ct)
    {
        const string sql = Select + "where a.site_id = @siteId and a.audience_id = @audienceId for update of a";
        return await transaction.QuerySingleOrDefaultAsync<AudienceRow>(sql, new { siteId, audienceId }, ct);
    }

    /// <summary>Adds an audience. Returns false when the name is taken.</summary>
    public static async Task<bool> AddAsync(NpgsqlTransaction transaction, AudienceRow audience, CancellationToken ct)
    {
        const string sql = """
            insert into definition.audience (site_id, audience_id, key, name, description, rule, created_at, updated_at)
            values (@SiteId, @AudienceId, @Key, @Name, @Description, @Rule, @CreatedAt, @UpdatedAt)
            on conflict (site_id, name) do nothing
            """;
        return await transaction.ExecuteAsync(sql, audience, ct) == 1;
    }

    /// <summary>
    /// Updates a locked audience. The transaction has taken the turn for audiences. Returns false when the name is
    /// taken.
    /// </summary>
    public static async Task<bool> UpdateAsync(NpgsqlTransaction transaction, AudienceRow audience, CancellationToken ct)
    {
        const string sql = """
            update definition.audience
            set name = @Name, description = @Description, rule = @Rule, revision = @Revision, updated_at = @UpdatedAt
            where site_id = @SiteId and audience_id = @AudienceId
              and not exists (
                  select from definition.audience other
                  where other.site_id = @SiteId and other.name = @Name and other.audience_id <> @AudienceId)
            """;
        return await transaction.ExecuteAsync(sql, audience, ct) == 1;
    }

    /// <summary>Deletes a locked audience.</summary>
    public static Task DeleteAsync(NpgsqlTransaction transaction, AudienceRow audience, CancellationToken ct)
    {
        const string sql = "delete from definition.audience where site_id = @SiteId and audience_id = @AudienceId";
        return transaction.ExecuteAsync(sql, new { audience.SiteId, audience.AudienceId }, ct);
    }
}
