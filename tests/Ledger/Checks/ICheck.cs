namespace Journeys.Ledgers.Checks;

/// <summary>Holds one promise against what is stored.</summary>
public interface ICheck
{
    /// <summary>The names of what is found here; a line of the summary each.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Whether what is found may have been under way, so that only what a second look sees again counts.</summary>
    bool Settles { get; }

    /// <summary>Looks, and notes what is found and how many rows were looked at.</summary>
    Task RunAsync(Look look, CancellationToken ct);
}
