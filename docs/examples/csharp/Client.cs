using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Graph.V1;

/// <summary>Creates and publishes a journey, enrolls 1,000 users, reads them page by page, and reads a refusal.</summary>
static class Client
{
    // UNAVAILABLE means later, and so does RESOURCE_EXHAUSTED. Calls that create something have a request id, so that a repeat is the same call.
    static readonly MethodConfig Retries = new()
    {
        Names = { MethodName.Default },
        RetryPolicy = new RetryPolicy
        {
            MaxAttempts = 5,
            InitialBackoff = TimeSpan.FromSeconds(1),
            MaxBackoff = TimeSpan.FromSeconds(10),
            BackoffMultiplier = 2,
            RetryableStatusCodes = { StatusCode.Unavailable, StatusCode.ResourceExhausted },
        },
    };

    public static async Task RunAsync(Uri address, string key)
    {
        using var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { ServiceConfig = new ServiceConfig { MethodConfigs = { Retries } } });
        var journeys = new JourneyService.JourneyServiceClient(channel);
        var enrollments = new EnrollmentService.EnrollmentServiceClient(channel);
        // A deadline on every call: without one a call may wait for ever.
        CallOptions Options() => new(new Metadata { { "authorization", $"Bearer {key}" } }, DateTime.UtcNow.AddSeconds(30));

        var create = new CreateJourneyRequest { Name = "From C#", Graph = Design(), RequestId = Guid.NewGuid().ToString() };
        var journey = await journeys.CreateJourneyAsync(create, Options());
        Console.WriteLine($"created {journey.Id} {journey.Name}");
        journey = await journeys.PublishJourneyAsync(new() { Id = journey.Id }, Options());
        Console.WriteLine($"published version {journey.Version}");

        var users = Enumerable.Range(0, 1_000).Select(number => $"csharp-{number}");
        var enrolled = await enrollments.EnrollUsersAsync(new() { JourneyId = journey.Id, UserIds = { users } }, Options());
        Console.WriteLine($"enrolled {enrolled.Results.Count(result => result.Created)}");

        var (seen, pages) = (new HashSet<string>(), 0);
        var request = new ListEnrollmentsRequest { JourneyId = journey.Id, PageSize = 200 };
        do
        {
            var page = await enrollments.ListEnrollmentsAsync(request, Options());
            seen.UnionWith(page.Enrollments.Select(each => each.UserId));
            request.PageToken = page.NextPageToken;
            pages++;
        }
        while (request.PageToken.Length > 0);
        Console.WriteLine($"read {seen.Count} in {pages} pages");

        try
        {
            await journeys.CreateJourneyAsync(new() { Name = "" }, Options());
        }
        catch (RpcException refused)
        {
            // Programs code against the reason, never against the message.
            var details = refused.GetRpcStatus();
            var fields = details?.GetDetail<BadRequest>()?.FieldViolations.Select(each => $"{each.Field} {each.Description}") ?? [];
            Console.WriteLine($"refused {refused.StatusCode} {details?.GetDetail<ErrorInfo>()?.Reason}: {string.Join("; ", fields)}");
        }
    }

    static Graph Design() => new()
    {
        Nodes =
        {
            new Node { Id = "start", Trigger = new() { Manual = new() } },
            new Node { Id = "tour", Content = new Content { ContentType = Content.Types.ContentType.Flow, ContentId = "tour", Payload = new Struct { Fields = { ["title"] = Value.ForString("Welcome") } } } },
            new Node { Id = "end", Exit = new() { Outcome = "done" } },
        },
        Edges = { new Edge { Id = "e1", Source = "start", Target = "tour" }, new Edge { Id = "e2", Source = "tour", Target = "end" } },
    };
}
