namespace Journeys.Ledgers;

/// <summary>Nothing can be said about the databases; the message says why, in one line.</summary>
public sealed class CannotCheck(string message, Exception? inner = null) : Exception(message, inner);
