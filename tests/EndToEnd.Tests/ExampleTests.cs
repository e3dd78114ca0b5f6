using Journeys.EmbeddedPostgres;
using Journeys.Testing;

namespace Journeys.EndToEnd.Tests;

/// <summary>The programs under docs/examples, in another language than ours, as a customer's backend runs them.</summary>
[Collection(SharedDeployment.Name)]
public sealed class ExampleTests(Deployment deployment)
{
    [Fact]
    public async Task A_backend_in_Node_calls_natively()
    {
        var folder = RepoRoot.Under("docs/examples/node-grpc");
        await Tool.RunAsync(folder, "npm", "ci", "--no-audit", "--no-fund");

        var output = await Tool.RunAsync(folder, "node", "client.js", deployment.GrpcAddress.Authority, Deployment.SecretKey);

        Assert.Matches("created [0-9a-f-]{36} From Node", output);
        Assert.Contains("1 journey: From Node", output, StringComparison.Ordinal);
        Assert.Contains("refused NOT_FOUND VERSION_NOT_FOUND", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_in_Node_reads_events_with_a_generated_type_and_misses_none()
    {
        var folder = RepoRoot.Under("docs/examples/node-events");
        await Tool.RunAsync(folder, "npm", "ci", "--no-audit", "--no-fund");
        await Tool.RunAsync(folder, "npm", "run", "generate");
        var journey = await deployment.Api.PublishAsync(Designs.UntilPaid());

        await using (var reader = await ReadAsync(folder))
        {
            await CompleteAsync(journey, "ada");
            await reader.WaitForLineAsync($"completed ada in {journey} with the outcome paid", TimeSpan.FromSeconds(20));
        }

        // While nobody reads.
        await CompleteAsync(journey, "ben");
        await using (var reader = await ReadAsync(folder))
            await reader.WaitForLineAsync($"completed ben in {journey} with the outcome paid", TimeSpan.FromSeconds(20));
    }

    async Task<ChildProcess> ReadAsync(string folder)
    {
        var reader = ChildProcess.Start("node", [Path.Combine(folder, "reader.js"), deployment.Broker.AddressOf("reader")]);
        await reader.WaitForLineAsync("reading journeys.events.v1.EnrollmentCompleted", TimeSpan.FromSeconds(20));
        return reader;
    }

    async Task CompleteAsync(string journey, string userId)
    {
        await deployment.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = new[] { userId } });
        await deployment.Api.SdkAsync("/sdk/events", new { userId, events = new[] { new { name = "paid" } } });
    }
}
