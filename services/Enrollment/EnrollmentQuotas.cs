using System.ComponentModel.DataAnnotations;

namespace Journeys.Enrollments;

/// <summary>The settings under `Quotas`: how much a site may have.</summary>
public sealed record EnrollmentQuotas
{
    /// <summary>The maximum number of user lists of a site.</summary>
    [Range(1, 1_000_000)]
    public int UserListsPerSite { get; init; } = 1_000;
}
