using Journeys.BuildingBlocks;
using Microsoft.Extensions.Options;

namespace Journeys.Access.Accounts;

/// <summary>Whether there are passwords at all.</summary>
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
