using System.Globalization;
using System.Text.RegularExpressions;
using Journeys.Enrollments.Api;
using Journeys.Testing;

namespace Journeys.Enrollments.Tests;

/// <summary>Limits of this service that the dashboard knows by itself.</summary>
public sealed partial class DashboardLimitTests
{
    [Fact]
    public void The_dashboard_sends_as_many_ids_as_a_call_enrolls()
    {
        var source = File.ReadAllText(RepoRoot.Under("gateway/dashboard/src/ui/inChunks.ts"));

        var perCall = IdsPerCall().Match(source).Groups[1].Value.Replace("_", "", StringComparison.Ordinal);

        Assert.Equal(EnrollmentGrpcService.MaxUsers, int.Parse(perCall, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"export const idsPerCall = ([\d_]+);")]
    private static partial Regex IdsPerCall();
}
