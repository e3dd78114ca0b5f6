using Journeys.BuildingBlocks;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Journeys.Access.Accounts;

/// <summary>Checks new passwords, and hashes them with the framework's PBKDF2 (HMAC-SHA512, salted).</summary>
public static class Passwords
{
    /// <summary>Maximum number of characters in a password.</summary>
    public const int MaxLength = 256;

    const int MinLength = 12;
    const int MinDifferent = 5;

    static readonly PasswordHasher<string> Hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = 210_000 }));

    // Verified when there is no such member, so that the response time does not reveal it.
    static readonly string Nobody = Hasher.HashPassword("", Secret.New(""));

    /// <exception cref="InvalidInput">The password is too easy to guess.</exception>
    public static void Check(string password, string email, string field)
    {
        BuildingBlocks.Check.Text(password, MinLength, MaxLength, field);
        if (password.Distinct().Count() < MinDifferent || CommonPasswords.IsRepeated(password, _ => true) || IsRow(password))
            throw new InvalidInput(field, "must not repeat a few characters, or be a sequence such as abcdefghijkl.");
        if (IsEmail(password, email))
            throw new InvalidInput(field, "must not be the e-mail address.");
        if (CommonPasswords.Contain(password))
            throw new InvalidInput(field, "must not be a common password, with or without digits around it.");
    }

    /// <summary>Returns the hash to store. Slow on purpose: run it within <see cref="SlowHashes"/>.</summary>
    public static string Hash(string password) => Hasher.HashPassword("", password);

    /// <summary>
    /// Returns whether the password is right; takes the same time when there is no hash. Slow on purpose.
    /// </summary>
    public static bool Verify(string? hash, string password) =>
        Hasher.VerifyHashedPassword("", hash ?? Nobody, password) != PasswordVerificationResult.Failed && hash is not null;

    // Returns whether the password is a sequence, such as 123456789012, abcdefghijkl or fedcba987654.
    static bool IsRow(string password) =>
        password.Zip(password.Skip(1), (one, next) => Math.Abs(next - one) == 1).Count(follows => follows) >= password.Length * 3 / 4;

    // The rest without the address must be long enough to be a password on its own.
    static bool IsEmail(string password, string email)
    {
        var rest = password.Replace(email, "", StringComparison.OrdinalIgnoreCase);
        var name = email.Split('@')[0];
        if (name.Length >= 4)
            rest = rest.Replace(name, "", StringComparison.OrdinalIgnoreCase);
        return rest.Length < password.Length && rest.Length < MinLength - 4;
    }
}
