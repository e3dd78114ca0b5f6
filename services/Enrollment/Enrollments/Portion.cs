namespace Journeys.Enrollments.Enrollments;

/// <summary>How many of those who are enrolled apart are tried in one go: some in any case, and the rest until its time is up or too many cannot be enrolled.</summary>
/// <param name="time">By which it is measured.</param>
/// <param name="began">When it began.</param>
/// <param name="longest">How long after that others are begun.</param>
public sealed class Portion(TimeProvider time, long began, TimeSpan longest)
{
    readonly List<(Guid ProfileId, Exception Failure)> failed = [];
    bool hasTried;

    /// <summary>Who is left out, and why.</summary>
    public IReadOnlyList<(Guid ProfileId, Exception Failure)> Failed => failed;

    /// <summary>Whether others may be tried.</summary>
    public bool MayGoOn => failed.Count < EnrollPeople.MostLeftOut && (!hasTried || time.GetElapsedTime(began) < longest);

    /// <summary>Notes that somebody was tried.</summary>
    public void Tried() => hasTried = true;

    /// <summary>Notes that somebody cannot be enrolled.</summary>
    public void LeaveOut(Guid profileId, Exception failure)
    {
        hasTried = true;
        failed.Add((profileId, failure));
    }
}
