namespace Journeys.Enrollments.Enrollments;

/// <summary>The budget for enrolling people one by one: some are always tried, the others until the time is up or too many have failed.</summary>
/// <param name="time">The clock that measures it.</param>
/// <param name="began">The timestamp of that clock at the start.</param>
/// <param name="longest">How long after the start further people are tried.</param>
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
