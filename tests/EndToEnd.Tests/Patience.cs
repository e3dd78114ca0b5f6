using System.Runtime.CompilerServices;
using Microsoft.Playwright;

namespace Journeys.EndToEnd.Tests;

/// <summary>How long a page may take for what a test waits for. Long, because the machine may have more to do; whoever is quick is not kept.</summary>
static class Patience
{
    public const int Milliseconds = 30_000;

    public static readonly TimeSpan Time = TimeSpan.FromMilliseconds(Milliseconds);

#pragma warning disable CA2255 // These tests are a program of their own; nobody references them.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void SetForExpectations() => Assertions.SetDefaultExpectTimeout(Milliseconds);
}
