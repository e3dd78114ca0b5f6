namespace Journeys.Enrollments.Enrollments;

/// <summary>The budget for enrolling people one by one: some are always tried, the others until the time is up or too many have failed.</summary>
/// <param name="time">The clock that measures it.</param>
/// <param name="began">The timestamp of that clock at the start.</param>
/// <param name="longest">The time after the start until which further people are tried.</param>
public sealed class Portion(TimeProvider time, long began, TimeSpan longest)
{
    readonly List<(Guid ProfileId, Exception Failure)> failed = [];
    bool hasTried;

    /// <summary>The people who are left out, with the error of each.</summary>
    public IReadOnlyList<(Guid ProfileId, Exception Failure)> Failed => failed;

    /// <summary>Whether further people may be tried.</summary>
    public bool MayGoOn => failed.Count < EnrollPeople.MostLeftOut && (!hasTried || time.GetElapsedTime(began) < longest);

    /// <summary>Records that somebody was tried.</summary>
    public void Tried() => hasTried = true;

    /// <summary>Records that a person cannot be enrolled.</summary>
    public void LeaveOut(Guid profileId, Exception failure)
    {
        hasTried = true;
        failed.Add((profileId, failure));
    }
}
