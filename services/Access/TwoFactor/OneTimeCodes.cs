using System.Security.Cryptography;
using OtpNet;

namespace Journeys.Access.TwoFactor;

/// <summary>
/// Generates and verifies codes of authenticator apps (TOTP: SHA-1, 30 seconds, 6 digits, which every app supports),
/// and recovery codes. Pure.
/// </summary>
public static class OneTimeCodes
{
    /// <summary>
    /// Maximum number of characters in a code or a recovery code, including separators that people type.
    /// </summary>
    public const int MaxLength = 32;

    const int RecoveryCodes = 10;

    // Leaves out characters that look like others.
    const string Signs = "abcdefghjkmnpqrstuvwxyz23456789";

    // Allows for inaccurate clocks of phones and for slow typing.
    static readonly VerificationWindow Window = new(previous: 1, future: 1);

    public static byte[] NewSecret() => KeyGeneration.GenerateRandomKey(20);

    /// <summary>Returns the secret in the form that people type.</summary>
    public static string Text(byte[] secret) => Base32Encoding.ToString(secret);

    /// <summary>Returns the address that an app reads from a QR code.</summary>
    public static string Address(byte[] secret, string email) => new OtpUri(OtpType.Totp, secret, email, "Journeys").ToString();

    /// <summary>
    /// Returns the time step of a code that is valid now and newer than the last one used; null when the code is wrong.
    /// </summary>
    public static long? StepOf(string code, byte[] secret, long usedStep, DateTimeOffset now)
    {
        var isRight = new Totp(secret).VerifyTotp(now.UtcDateTime, code, out var step, Window);
        return isRight && step > usedStep ? step : null;
    }

    /// <summary>Returns ten codes; each works once.</summary>
    public static string[] NewRecoveryCodes() =>
        [.. Enumerable.Range(0, RecoveryCodes).Select(_ => $"{RandomNumberGenerator.GetString(Signs, 5)}-{RandomNumberGenerator.GetString(Signs, 5)}")];

    /// <summary>Returns the hash of a code, ignoring capitals and separators.</summary>
    public static byte[] HashOfRecoveryCode(string code) =>
        Secret.Hash(new string([.. code.Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant)]));
}
