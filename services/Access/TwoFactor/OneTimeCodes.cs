using System.Security.Cryptography;
using OtpNet;

namespace Journeys.Access.TwoFactor;

/// <summary>The codes of authenticator apps (TOTP: SHA-1, 30 seconds, 6 digits, which every app knows), and recovery codes. Pure.</summary>
public static class OneTimeCodes
{
    /// <summary>The most characters of a code or a recovery code, with what people type between its parts.</summary>
    public const int MaxLength = 32;

    const int RecoveryCodes = 10;

    // Without signs that look like others.
    const string Signs = "abcdefghjkmnpqrstuvwxyz23456789";

    // Clocks of phones are off, and people are slow.
    static readonly VerificationWindow Window = new(previous: 1, future: 1);

    public static byte[] NewSecret() => KeyGeneration.GenerateRandomKey(20);

    /// <summary>The secret as people type it.</summary>
    public static string Text(byte[] secret) => Base32Encoding.ToString(secret);

    /// <summary>The address that an app reads from a QR code.</summary>
    public static string Address(byte[] secret, string email) => new OtpUri(OtpType.Totp, secret, email, "Journeys").ToString();

    /// <summary>The step of a code that is right now and newer than the last one used; null when it is wrong.</summary>
    public static long? StepOf(string code, byte[] secret, long usedStep, DateTimeOffset now)
    {
        var isRight = new Totp(secret).VerifyTotp(now.UtcDateTime, code, out var step, Window);
        return isRight && step > usedStep ? step : null;
    }

    /// <summary>Ten codes, of which each works once.</summary>
    public static string[] NewRecoveryCodes() =>
        [.. Enumerable.Range(0, RecoveryCodes).Select(_ => $"{RandomNumberGenerator.GetString(Signs, 5)}-{RandomNumberGenerator.GetString(Signs, 5)}")];

    /// <summary>The code as it was given out, however it was typed.</summary>
    public static byte[] HashOfRecoveryCode(string code) =>
        Secret.Hash(new string([.. code.Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant)]));
}
