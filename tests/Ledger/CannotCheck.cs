namespace Journeys.Ledgers;

/// <summary>The databases cannot be checked. The message says why, in one line.</summary>
public sealed class CannotCheck(string message, Exception? inner = null) : Exception(message, inner);
