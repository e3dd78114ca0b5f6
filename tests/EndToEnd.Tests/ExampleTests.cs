using Journeys.EmbeddedPostgres;
using Journeys.Testing;

namespace Journeys.EndToEnd.Tests;

/// <summary>The programs under docs/examples, as a customer's backend runs them.</summary>
[Collection(SharedDeployment.Name)]
public sealed class ExampleTests(Deployment deployment)
{
    // Debian's own, for which the packages are.
    const string Python = "/usr/bin/python3";

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

        await AssertReadsAsync("node", Path.Combine(folder, "reader.js"), deployment.Broker.AddressOf("reader"));
    }

    [Fact]
    public async Task A_program_in_TypeScript_is_checked_against_the_description_and_calls_by_REST()
    {
        var folder = RepoRoot.Under("docs/examples/node-rest");
        await Tool.RunAsync(folder, "npm", "ci", "--no-audit", "--no-fund");
        await Tool.RunAsync(folder, "npm", "run", "generate", "--", new Uri(deployment.Gateway.Address, "/openapi.json").AbsoluteUri);
        await Tool.RunAsync(folder, "npm", "run", "build");

        var output = await Tool.RunAsync(folder, "node", "dist/client.js", deployment.Gateway.Address.GetLeftPart(UriPartial.Authority), Deployment.SecretKey);

        Assert.Matches("created [0-9a-f-]{36} with 3 nodes", output);
        Assert.Contains("grace is on pro", output, StringComparison.Ordinal);
        Assert.Contains("grace entered at tour", output, StringComparison.Ordinal);
        Assert.Contains("refused 400 INVALID_INPUT name", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backend_in_Python_calls_natively()
    {
        var folder = RepoRoot.Under("docs/examples/python");
        await Tool.RunAsync(folder, "bash", "generate");

        var output = await Tool.RunAsync(folder, Python, "client.py", deployment.GrpcAddress.Authority, Deployment.SecretKey);

        AssertEnrolled("Python", "INVALID_ARGUMENT", output);
    }

    [Fact]
    public async Task A_program_in_Python_reads_events_and_misses_none()
    {
        var folder = RepoRoot.Under("docs/examples/python");
        await Tool.RunAsync(folder, "bash", "generate");

        await AssertReadsAsync(Python, Path.Combine(folder, "reader.py"), deployment.Broker.AddressOf("reader"));
    }

    [Fact]
    public async Task A_backend_in_Go_calls_natively_and_reads_events()
    {
        var folder = RepoRoot.Under("docs/examples/go");
        await Tool.RunAsync(folder, "bash", "generate");
        // With Debian's libraries; no registry of modules is asked.
        await Tool.RunAsync(
            folder, "env", "GO111MODULE=off", "CGO_ENABLED=0", $"GOPATH={folder}/gen:/usr/share/gocode", "go", "build", "-o", "gen/", "./client", "./reader");

        var output = await Tool.RunAsync(folder, Path.Combine(folder, "gen/client"), deployment.GrpcAddress.Authority, Deployment.SecretKey);

        AssertEnrolled("Go", "InvalidArgument", output);
        await AssertReadsAsync(Path.Combine(folder, "gen/reader"), deployment.Broker.AddressOf("reader"));
    }

    [Fact]
    public async Task A_backend_in_C_sharp_calls_natively_and_reads_events()
    {
        var folder = RepoRoot.Under("docs/examples/csharp");
        await Tool.RunAsync(folder, "dotnet", "build", "--configuration", "Release", "--nologo");
        var program = Path.Combine(folder, "bin/Release/net10.0/Example.dll");

        var output = await Tool.RunAsync(folder, "dotnet", program, "call", deployment.GrpcAddress.GetLeftPart(UriPartial.Authority), Deployment.SecretKey);

        AssertEnrolled("C#", "InvalidArgument", output);
        await AssertReadsAsync("dotnet", program, "read", deployment.Broker.AddressOf("reader"));
    }

    static void AssertEnrolled(string language, string status, string output)
    {
        Assert.Matches($"created [0-9a-f-]{{36}} From {language}", output);
        Assert.Contains("published version 1", output, StringComparison.Ordinal);
        Assert.Contains("enrolled 1000", output, StringComparison.Ordinal);
        Assert.Contains("read 1000 in 5 pages", output, StringComparison.Ordinal);
        Assert.Contains($"refused {status} INVALID_INPUT: name", output, StringComparison.Ordinal);
    }

    async Task AssertReadsAsync(string program, params string[] arguments)
    {
        var journey = await deployment.Api.PublishAsync(Designs.UntilPaid());

        await using (var reader = await ReadAsync(program, arguments))
        {
            await CompleteAsync(journey, "ada");
            await reader.WaitForLineAsync($"completed ada in {journey} with the outcome paid", Patience.Time);
        }

        // While nobody reads.
        await CompleteAsync(journey, "ben");
        await using (var reader = await ReadAsync(program, arguments))
            await reader.WaitForLineAsync($"completed ben in {journey} with the outcome paid", Patience.Time);
    }

    static async Task<ChildProcess> ReadAsync(string program, string[] arguments)
    {
        var reader = ChildProcess.Start(program, arguments);
        await reader.WaitForLineAsync("reading journeys.events.v1.EnrollmentCompleted", Patience.Time);
        return reader;
    }

    async Task CompleteAsync(string journey, string userId)
    {
        await deployment.Api.PostAsync($"/api/journeys/{journey}/enrollments", new { userIds = new[] { userId } });
        await deployment.Api.SdkAsync("/sdk/events", new { userId, events = new[] { new { name = "paid" } } });
    }
}
