using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;

namespace Journeys.Access.Accounts;

/// <summary>Whether sign-in with a password is on.</summary>
public sealed class PasswordSignIn(IOptions<AccessOptions> options)
{
    public bool IsOn => options.Value.PasswordSignIn;

    /// <exception cref="Refused">Only the issuer signs people in.</exception>
    public void Check()
    {
        if (!IsOn)
            throw new Refused("PASSWORD_SIGN_IN_OFF", "Password sign-in is disabled. Sign in with the configured identity provider.");
    }
}
