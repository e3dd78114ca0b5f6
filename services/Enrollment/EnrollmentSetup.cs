using Journeys.BuildingBlocks;
using Journeys.BuildingBlocks.Requests;
using Journeys.Enrollments.Analytics;
using Journeys.Enrollments.Audiences;
using Journeys.Enrollments.Enrollments;
using Journeys.Enrollments.Erasure;
using Journeys.Enrollments.Explain;
using Journeys.Enrollments.Ingestion;
using Journeys.Enrollments.Jobs;
using Journeys.Enrollments.Journeys;
using Journeys.Enrollments.Lists;
using Journeys.Enrollments.Profiles;
using Journeys.Enrollments.Progression;
using Journeys.Enrollments.Repair;
using Journeys.Enrollments.RowFaults;
using Journeys.Enrollments.RuleQueries;
using Journeys.Enrollments.Sdk;
using Journeys.Enrollments.Simulations;
using Journeys.Enrollments.Stops;

namespace Journeys.Enrollments;

/// <summary>Adds what the service is made of, folder by folder from the bottom up.</summary>
static class EnrollmentSetup
{
    public static void AddEnrollment(this IServiceCollection services)
    {
        services.AddSingleton<Clock>();
        services.AddSingleton<IKeyed, FindByKey>();
        services.AddJourneys();
        services.AddRuleQueries();
        services.AddRowFaults();
        services.AddProfiles();
        services.AddAudiences();
        services.AddLists();
        services.AddEnrollments();
        services.AddStops();
        services.AddErasure();
        services.AddExplain();
        services.AddAnalytics();
        services.AddSimulations();
        services.AddProgression();
        services.AddRepair();
        services.AddJobs();
        services.AddIngestion();
        services.AddSdk();
    }

    static void AddJourneys(this IServiceCollection services)
    {
        services.AddSingleton<JourneyStore>();
        services.AddSingleton<CopyQueries>();
        services.AddSingleton<JourneyCatalog>();
        services.AddSingleton<ApplyJourneyChange>();
        services.AddSingleton<MoveQueries>();
        services.AddSingleton<RequireJourney>();
    }

    static void AddRuleQueries(this IServiceCollection services)
    {
        services.AddSingleton<RuleEffort>();
        services.AddSingleton<DatabasePace>();
    }

    static void AddRowFaults(this IServiceCollection services)
    {
        services.AddSingleton<SlowSites>();
    }

    static void AddProfiles(this IServiceCollection services)
    {
        services.AddSingleton<PersonFacts>();
        services.AddSingleton<UserQueries>();
    }

    static void AddAudiences(this IServiceCollection services)
    {
        services.AddSingleton<AudienceQueries>();
        services.AddSingleton<PreviewAudience>();
    }

    static void AddLists(this IServiceCollection services)
    {
        services.AddSingleton<UserListStore>();
        services.AddSingleton<CreateUserList>();
        services.AddSingleton<UpdateUserList>();
        services.AddSingleton<ChangeMembers>();
    }

    static void AddEnrollments(this IServiceCollection services)
    {
        services.AddSingleton<EnrollmentLoader>();
        services.AddSingleton<EnrollmentWriter>();
        services.AddSingleton<EnrollmentQueries>();
        services.AddSingleton<ResumeQueries>();
        services.AddSingleton<PreviewResume>();
        services.AddSingleton<AfterCommit>();
        services.AddSingleton<EnrollPeople>();
        services.AddSingleton<EnrollUsers>();
        services.AddSingleton<BeginJob>();
        services.AddSingleton<EnrollByRule>();
        services.AddSingleton<StopEnrollment>();
        services.AddSingleton<ArchiveEnrollments>();
        services.AddSingleton<EnrollmentDetails>();
        services.AddSingleton<SetAside>();
        services.AddSingleton<SetAsideStore>();
        services.AddLoop<PositionSubscriptions>();
    }

    static void AddStops(this IServiceCollection services)
    {
        services.AddSingleton<SelectionQueries>();
        services.AddSingleton<CreateStop>();
        services.AddSingleton<UndoStop>();
        services.AddSingleton<FindStops>();
    }

    static void AddErasure(this IServiceCollection services)
    {
        services.AddSingleton<EraseUser>();
        services.AddSingleton<RedactOutbox>();
        services.AddSingleton<ExportUser>();
        services.AddLoop<StartErasures>();
        services.AddLoop<FinishRedactions>();
    }

    static void AddExplain(this IServiceCollection services)
    {
        services.AddSingleton<ExplainUser>();
    }

    static void AddAnalytics(this IServiceCollection services)
    {
        services.AddSingleton<AnalyticsStore>();
        services.AddSingleton<CountEnrollments>();
        services.AddSingleton<ResponseQueries>();
        services.AddSingleton<SummarizeResponses>();
        services.AddLoop<FoldTallies>();
        services.AddLoop<CountOldReports>();
    }

    static void AddSimulations(this IServiceCollection services)
    {
        services.AddSingleton<SimulationStore>();
        services.AddSingleton<SimulatedPersonStore>();
        services.AddSingleton<FindDesigns>();
        services.AddSingleton<CreateSimulation>();
        services.AddLoop<RunSimulations>();
        services.AddLoop<ForgetSimulations>();
    }

    static void AddProgression(this IServiceCollection services)
    {
        services.AddSingleton<AdvanceEnrollments>();
        services.AddSingleton<MoveEnrollments>();
        services.AddSingleton<MergeEnrollments>();
    }

    static void AddRepair(this IServiceCollection services)
    {
        services.AddSingleton<SchedulerWork>();
        services.AddSingleton<CountLate>();
        services.AddSingleton<HealEnrollment>();
        services.AddSingleton<RepairQueries>();
        services.AddSingleton<RetryEnrollment>();
        services.AddSingleton<SetFaultyAside>();
        services.AddSingleton<GuardCall>();
        services.AddLoop<Watchdog>();
        services.AddLoop<FinishArchiving>();
        services.AddLoop<FindOwners>();
        services.AddLoop<RetrySetAside>();
        services.AddLoop<WaitsMeter>();
    }

    static void AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<ProcessChunk>();
        services.AddSingleton<EnrollInChunk>();
        services.AddSingleton<EnrollCandidates>();
        services.AddSingleton<IChunkWork, SweepAudience>();
        services.AddSingleton<IChunkWork, EnrollList>();
        services.AddSingleton<IChunkWork, EnrollMatching>();
        services.AddSingleton<IChunkWork, ArchiveJourney>();
        services.AddSingleton<IChunkWork, ReleaseHeldSignals>();
        services.AddSingleton<IChunkWork, EraseRows>();
        services.AddSingleton<IChunkWork, StopPeople>();
        services.AddSingleton<IChunkWork, ContinuePeople>();
        services.AddLoop<ForgetChunks>();
    }

    static void AddIngestion(this IServiceCollection services)
    {
        services.AddSingleton<RecognizePerson>();
        services.AddSingleton<IdentifyPerson>();
        services.AddSingleton<RecordEvents>();
    }

    static void AddSdk(this IServiceCollection services)
    {
        services.AddSingleton<EnterJourney>();
        services.AddSingleton<ReportProgress>();
        services.AddSingleton<ReportShown>();
        services.AddSingleton<ReportsTogether>();
        services.AddSingleton<WatchPerson>();
        services.AddSingleton<Positions>();
    }
}
