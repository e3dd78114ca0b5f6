using Journeys.BuildingBlocks;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Journeys.Gateways;

/// <summary>Hashes passwords with the framework's PBKDF2 (HMAC-SHA512, salted).</summary>
public static class Passwords
{
    const int MinLength = 12;

    static readonly PasswordHasher<string> Hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = 210_000 }));

    // Verified when there is no such member, so that the time of an answer does not tell.
    static readonly string Nobody = Hasher.HashPassword("", Secret.New(""));

    public static string Hash(string password, string field) =>
        Hasher.HashPassword("", Check.Text(password, MinLength, 256, field));

    public static bool Verify(string? hash, string password) =>
        Hasher.VerifyHashedPassword("", hash ?? Nobody, password) != PasswordVerificationResult.Failed && hash is not null;
}
