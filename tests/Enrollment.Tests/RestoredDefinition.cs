using Dapper;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Journeys.BuildingBlocks.Connections;
using Journeys.Copies;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Events.V1;
using Microsoft.Extensions.Options;

namespace Journeys.Enrollments.Tests;

/// <summary>
/// Definition's database is restored from a backup, and what it decides from then on bears numbers that the copies of Enrollment
/// and the Scheduler have seen before.
/// </summary>
sealed class RestoredDefinition : IAsyncDisposable
{
    static readonly TypeRegistry Messages = TypeRegistry.FromFiles(EventsReflection.Descriptor);

    readonly EnrollmentFixture service;

    RestoredDefinition(EnrollmentFixture service, DefinitionBeside definition, SchedulerBeside scheduler) =>
        (this.service, Site, Definition, Scheduler) = (service, service.NewSite(), definition, scheduler);

    public TestSite Site { get; }

    public DefinitionBeside Definition { get; private set; }

    public SchedulerBeside Scheduler { get; }

    public JourneyService.JourneyServiceClient Journeys => Definition.JourneysOf(Site);

    public AudienceService.AudienceServiceClient Audiences => Definition.AudiencesOf(Site);

    public static async Task<RestoredDefinition> StartAsync(EnrollmentFixture service)
    {
        var definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
        return new RestoredDefinition(service, definition, await SchedulerBeside.StartAsync(service));
    }

    public static Protos.Rule.V1.Rule Plan(string plan) => JsonParser.Default.Parse<Protos.Rule.V1.Rule>(
        $$$"""{"condition": {"field": "traits.plan", "operator": "EQ", "value": "{{{plan}}}"}}""");

    public async ValueTask DisposeAsync()
    {
        await Scheduler.DisposeAsync();
        await Definition.DisposeAsync();
    }

    /// <summary>Compares both copies with Definition.</summary>
    public async Task CompareAsync()
    {
        await service.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
        await Scheduler.Get<CompareWithDefinition>().CompareAsync(CancellationToken.None);
    }

    /// <summary>Compares with copies that stand before the real ones. Returns what was logged.</summary>
    public async Task<Lines<CompareWithDefinition>> CompareAsync(Func<ICopy, ICopy> before)
    {
        var lines = new Lines<CompareWithDefinition>();
        foreach (var copy in (ICopy[])[service.Get<ICopy>(), Scheduler.Get<ICopy>()])
        {
            var compare = new CompareWithDefinition(
                service.Get<ChangeService.ChangeServiceClient>(), before(copy), Options.Create(new CopyOptions()),
                service.Get<Divergence>(), service.Clock, lines);
            await compare.CompareAsync(CancellationToken.None);
        }

        return lines;
    }

    /// <summary>Compares, and both services crash after some changes were applied. Returns what was logged.</summary>
    public Task<Lines<CompareWithDefinition>> CrashAsync(int after) =>
        CompareAsync(copy => new BrokenCopy(copy, after, forGood: true));

    /// <summary>Tells the Scheduler what Definition did after this change.</summary>
    public async Task TellSchedulerAsync(string id, int afterNumber)
    {
        var request = new ListChangesRequest { SiteId = $"{Site.Id}", Id = id, AfterNumber = afterNumber };
        var changes = service.Get<ChangeService.ChangeServiceClient>();
        var answer = await changes.ListChangesAsync(request, ServiceCall.For(ServiceCall.AllSites, default));
        foreach (var change in answer.Changes)
            await Scheduler.Get<ICopy>().ApplyAsync(Messages.Find(change.MessageType).Parser.ParseFrom(change.Body), default);
    }

    public async Task KnowAsync(string userId, string plan) => await Site.Sdk.IdentifyAsync(new()
    {
        UserId = userId,
        NoEntry = true,
        Traits = new() { Fields = { ["plan"] = Value.ForString(plan) } },
    });

    /// <summary>Does something that reaches the copies by comparison only.</summary>
    public async Task CutOffAsync(Func<DefinitionBeside, Task> work)
    {
        await Definition.DisposeAsync();
        await using (var cutOff = await DefinitionBeside.StartAsync(service, reachesEnrollment: false))
            await work(cutOff);
        Definition = await DefinitionBeside.StartAsync(service, reachesEnrollment: true);
    }

    /// <summary>What came after this change of a journey is gone, and it takes a moment until somebody decides again.</summary>
    public async Task RestoreAsync(string journey, int changeNo, string status, int version)
    {
        await QueryAsync<int>($"""
            alter table definition.version disable trigger version_is_immutable;
            delete from definition.move where journey_id = '{journey}' and change_no > {changeNo};
            delete from definition.version where journey_id = '{journey}' and version > {version};
            alter table definition.version enable trigger version_is_immutable;
            update definition.journey set change_no = {changeNo}, status = '{status}', version = {version} where site_id = @site returning 1
            """);
        service.Clock.Advance(TimeSpan.FromMinutes(5));
    }

    public async Task BackUpAsync(params string[] tables)
    {
        foreach (var table in tables)
        {
            await QueryAsync<int>($"""
                create table public.{table}_{Site.Id:N} as select * from definition.{table} where site_id = @site;
                select 1
                """);
        }
    }

    public async Task RestoreAsync(params string[] tables)
    {
        foreach (var table in tables.Reverse())
        {
            await QueryAsync<int>($"""
                set session_replication_role = replica;
                delete from definition.{table} where site_id = @site;
                select 1
                """);
        }

        foreach (var table in tables)
            await QueryAsync<int>($"insert into definition.{table} select * from public.{table}_{Site.Id:N} returning 1");
        service.Clock.Advance(TimeSpan.FromMinutes(5));
    }

    public async Task<string> PublishAsync(string content, string more = "")
    {
        var design = JsonParser.Default.Parse<CreateJourneyRequest>(
            Designs.Row(more, Designs.Start, Designs.Content(content), Designs.End));
        design.Name = "Journey";
        var draft = await Journeys.CreateJourneyAsync(design);
        return (await Journeys.PublishJourneyAsync(new() { Id = draft.Id })).Id;
    }

    public async Task ChangeAsync(string journey, string content)
    {
        var change = JsonParser.Default.Parse<UpdateJourneyRequest>(
            Designs.Row("", Designs.Start, Designs.Content(content), Designs.End));
        change.Id = journey;
        await Journeys.UpdateJourneyAsync(change);
    }

    public async Task<IEnumerable<string>> JobsAsync() =>
        (await Scheduler.JobsOf(Site).ListJobsAsync(new())).Jobs.Select(job => job.Kind.ToString().ToUpperInvariant());

    public Task<int> CountAsync(string kind) =>
        QueryAsync<int>($"select count(*) from scheduler.job where site_id = @site and kind = '{kind}'");

    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await service.Database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<T>(sql, new { site = Site.Id });
    }
}
