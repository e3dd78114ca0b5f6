namespace Journeys.Access.TwoFactor;

/// <summary>The authenticator of an account.</summary>
public sealed record AuthenticatorRow
{
    public byte[] Secret { get; init; } = [];

    public bool IsConfirmed { get; init; }

    /// <summary>The time step of the newest accepted code.</summary>
    public long UsedStep { get; init; }

    /// <summary>Number of wrong codes in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Time since the last wrong code; a day when there was none.</summary>
    public TimeSpan SinceLastTry { get; init; }
}
