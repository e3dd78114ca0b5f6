using System.Diagnostics;
using System.Xml.Linq;
using Google.Protobuf;
using Journeys.Protos.Definition.V1;
using Journeys.Simulate;
using static Journeys.PopulationSimulation.Tests.Make;

namespace Journeys.PopulationSimulation.Tests;

/// <summary>The program that simulates from files to files.</summary>
public sealed class SimulateJourneyTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("simulate").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void All_that_holds_ends_with_0_and_writes_report_junit_and_people()
    {
        var (code, output, errors) = Run(
            [Journey(), Request(""" "assertions": [{"name": "all are done", "share": {"of": "OUTCOME", "name": "done", "atLeast": 10000}}], """),
             "--report", File("report.json"), "--junit", File("junit.xml"), "--people", File("people.json")]);

        var report = JsonParser.Default.Parse<Protos.Simulation.V1.SimulationReport>(System.IO.File.ReadAllText(File("report.json")));
        var suite = XDocument.Load(File("junit.xml")).Root!;
        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("holds  OUTCOME done: 10 of 10 attempts; required: at least 100 %.", output);
        Assert.Equal(10, report.Design.Entered);
        Assert.Equal(("1", "0", "all are done"), (suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value, suite.Element("testcase")!.Attribute("name")!.Value));
        Assert.Contains(suite.Descendants("property"), property => output.Contains(property.Attribute("value")!.Value, StringComparison.Ordinal));
        Assert.Equal(10, System.IO.File.ReadAllLines(File("people.json")).Length);
    }

    [Fact]
    public void What_does_not_hold_ends_with_4_and_is_a_failure()
    {
        var (code, output, errors) = Run(
            [Journey(), Request(""" "startTime": "2026-02-26T03:00:00Z", "assertions": [{"share": {"of": "OUTCOME", "name": "done", "atMost": 100}}], """), "--junit", File("junit.xml")]);

        Assert.Equal((4, ""), (code, errors));
        // They come at night, which is a finding.
        Assert.Contains("10 people, 10 entered, 1 finding, report", output);
        Assert.Contains("FAILS  OUTCOME done: 10 of 10 attempts; required: at most 1 %.", output);
        Assert.NotNull(XDocument.Load(File("junit.xml")).Root!.Element("testcase")!.Element("failure"));
    }

    [Fact]
    public void Help_goes_to_the_output_and_ends_with_0()
    {
        var (code, output, errors) = Run(["--help"]);

        Assert.Equal((0, ""), (code, errors));
        Assert.StartsWith("usage: simulate JOURNEY REQUEST", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_input_ends_with_2_and_one_line_that_names_the_field()
    {
        var journey = Journey();
        var wrong = Write("wrong.json", """{"population": {"invented": {"people": 10}}, "behavior": {"contents": [{"outcomes": [{"outcome": "COMPLETED", "share": 9999}]}]}}""");
        (string[] Args, string Told)[] cases =
        [
            ([journey, wrong], "simulate: behavior.contents[0].outcomes: must have shares that sum to 10,000; they sum to 9,999."),
            ([journey, Write("unknown.json", """{"peopl": 1}""")], "peopl"),
            ([journey, Write("nan.json", """{"population": {"invented": {"people": "NaN"}}}""")], "nan.json"),
            ([Write("old.json", """{"format": "journeys/0"}"""), Request("")], "format: must be journeys/1."),
            ([journey, File("none.json")], "none.json"),
            ([journey, Request(""), "--threads", "0"], "--threads: must be 1 to 256."),
            ([journey, Request(""), "--rapport", "x"], "--rapport: is not an option"),
            ([journey], "JOURNEY and REQUEST are needed"),
            ([journey, Request(""), "--report", ""], "is empty"),
            ([Journey("\"reEnrollment\": \"ALWAYS\", \"reEnrollmentCooldown\": \"400000000s\",", "long.json"), Request("")], "reEnrollmentCooldown: must be from 0 to 10 years."),
            ([Audience("new.json", "1"), Request(""), "--baseline", Audience("before.json", "2")], "Some (018f0000-0000-7000-8000-0000000000a1) has another rule than in JOURNEY"),
        ];
        foreach (var (args, told) in cases)
        {
            var (code, output, errors) = Run(args);
            Assert.Equal((2, ""), (code, output));
            Assert.Contains(told, Assert.Single(errors.TrimEnd().Split('\n')));
        }
    }

    [Fact]
    public async Task Two_processes_write_the_same_bytes()
    {
        var (journey, request) = (Journey(), Request("\"startTime\": \"2026-02-26T00:00:00Z\",", Preset, 3_000));
        var reports = new List<byte[]>();
        foreach (var threads in new[] { "1", "2" })
        {
            var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true };
            foreach (var arg in new[] { typeof(SimulateJourney).Assembly.Location, journey, request, "--threads", threads, "--report", File($"{threads}.json") })
                start.ArgumentList.Add(arg);
            using var process = Process.Start(start)!;
            var errors = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Equal((0, ""), (process.ExitCode, errors));
            reports.Add(await System.IO.File.ReadAllBytesAsync(File($"{threads}.json")));
        }

        Assert.Equal(reports[0], reports[1]);
    }

    const string Preset = "";

    string Journey(string more = "", string name = "journey.json") =>
        Write(name, JsonFormatter.Default.Format(new JourneyDocument { Format = "journeys/1", Design = Row([Content("tour")], more) }));

    string Audience(string name, string value) => Write(name, JsonFormatter.Default.Format(new JourneyDocument
    {
        Format = "journeys/1",
        Design = Row([Content("tour")]),
        Audiences =
        {
            new JourneyDocument.Types.Audience
            {
                Id = RandomJourneys.AudienceId,
                Name = "Some",
                Rule = JsonParser.Default.Parse<Protos.Rule.V1.Rule>($$$"""{"condition": {"field": "traits.x", "operator": "EQ", "value": {{{value}}}}}"""),
            },
        },
    }));

    string Request(string more, string behavior = Eager, int people = 10) => Write("request.json", JsonFormatter.Default.Format(Make.Request(behavior, more, people)));

    string File(string name) => Path.Combine(folder, name);

    string Write(string name, string content)
    {
        System.IO.File.WriteAllText(File(name), content);
        return File(name);
    }

    static (int Code, string Output, string Errors) Run(string[] args)
    {
        using StringWriter output = new(), errors = new();
        return (SimulateJourney.Run(args, output, errors), output.ToString(), errors.ToString());
    }
}
