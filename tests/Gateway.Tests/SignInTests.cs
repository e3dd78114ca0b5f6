using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Journeys.Gateways.Tests;

/// <summary>Guessing passwords is slow, for the guesser only; and bad passwords are refused.</summary>
public sealed class SignInTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    readonly GatewayUnderTest gateway = fixture.Gateway;

    [Fact]
    public void Of_many_guesses_at_once_exactly_the_free_ones_are_looked_at()
    {
        var delays = new SignInDelays(Options.Create(new AccessOptions { SignInFreeTries = 5 }), new FakeTimeProvider());

        var looked = 0;
        Parallel.For(0, 40, _ =>
        {
            if (IsLookedAt(delays, "a@example.com", "10.0.0.1"))
                Interlocked.Increment(ref looked);
        });

        Assert.Equal(5, looked);
    }

    [Fact]
    public void A_guesser_waits_ever_longer_and_nobody_else_does()
    {
        var time = new FakeTimeProvider();
        var delays = new SignInDelays(Options.Create(new AccessOptions { SignInFreeTries = 2 }), time);
        foreach (var _ in Enumerable.Range(0, 2))
            delays.Begin("a@example.com", "10.0.0.1");

        var waits = new List<double>();
        foreach (var _ in Enumerable.Range(0, 12))
        {
            var wait = Assert.Throws<TooManyTries>(() => delays.Begin("a@example.com", "10.0.0.1")).RetryAfter!.Value;
            waits.Add(wait.TotalSeconds);
            time.Advance(wait);
            delays.Begin("a@example.com", "10.0.0.1");
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900], waits);
        delays.Begin("a@example.com", "10.0.0.2");
        delays.Begin("b@example.com", "10.0.0.1");
        // The addresses of one household are one.
        Assert.True(IsLookedAt(delays, "c@example.com", "2001:db8:1:2::1") && IsLookedAt(delays, "c@example.com", "2001:db8:1:2::2"));
        Assert.False(IsLookedAt(delays, "c@example.com", "2001:db8:1:2:ffff::3"));
    }

    [Fact]
    public void A_right_password_takes_all_back()
    {
        var delays = new SignInDelays(Options.Create(new AccessOptions { SignInFreeTries = 2, SignInTriesPerAddress = 3 }), new FakeTimeProvider());

        foreach (var _ in Enumerable.Range(0, 20))
        {
            Assert.Equal(TimeSpan.Zero, delays.Begin("a@example.com", "10.0.0.1"));
            delays.Succeed("a@example.com", "10.0.0.1");
        }
    }

    [Fact]
    public void Who_tries_many_e_mails_from_one_address_is_slowed_down_and_not_refused()
    {
        var time = new FakeTimeProvider();
        var delays = new SignInDelays(Options.Create(new AccessOptions { SignInTriesPerAddress = 3 }), time);

        var waits = Enumerable.Range(0, 5).Select(number => delays.Begin($"m{number}@example.com", "10.0.0.1")).ToList();
        time.Advance(TimeSpan.FromMinutes(16));

        Assert.Equal([0, 0, 0, 1, 1], waits.Select(wait => wait.TotalSeconds));
        Assert.Equal(TimeSpan.Zero, delays.Begin("m9@example.com", "10.0.0.1"));
    }

    [Fact]
    public async Task Guesses_of_others_do_not_lock_the_owner_out()
    {
        await using var behind = await GatewayUnderTest.StartAsync("--Gateway:TrustedProxies=127.0.0.1", "--Access:SignInFreeTries=2");
        async Task<Reply> TryAsync(string password, string address) => await behind.CallAsync(
            "POST", "/api/session", new { email = GatewayUnderTest.AdminEmail, password }, null, ("X-Forwarded-For", address));

        // Waits double, so that soon one is longer than the slowest machine takes for a try.
        Reply guess;
        var guesses = 0;
        do
            guess = await TryAsync("wrong", "203.0.113.7");
        while (guess.Status == 401 && ++guesses < 20);
        var owner = await TryAsync(GatewayUnderTest.AdminPassword, "198.51.100.1");

        Assert.True(guesses >= 2);
        Assert.Equal((429, "TOO_MANY_TRIES"), (guess.Status, guess.Reason));
        Assert.InRange(int.Parse(guess.Header("Retry-After")!, System.Globalization.CultureInfo.InvariantCulture), 1, 900);
        Assert.Equal(200, owner.Status);
    }

    [Theory]
    [InlineData("short", "12")]
    [InlineData("password1234", "common password")]
    [InlineData("P@ssw0rd2026!!", "common password")]
    [InlineData("passwordpassword", "repeat")]
    [InlineData("iloveyou123456", "common password")]
    [InlineData("qwertyuiop12", "common password")]
    [InlineData("aaaaaaaaaaaa", "repeat")]
    [InlineData("123456789012", "sequence")]
    [InlineData("abcdefghijklmn", "sequence")]
    [InlineData("weak.person@example.com", "e-mail")]
    [InlineData("weak.person2026", "e-mail")]
    public async Task A_password_that_is_guessed_soon_is_refused(string password, string why)
    {
        var invited = await gateway.CallAsync(
            "POST", $"/api/sites/{await gateway.SiteIdAsync()}/members", new { email = $"weak.person@example.com", role = "VIEWER" });
        var members = await gateway.CallAsync("GET", $"/api/sites/{await gateway.SiteIdAsync()}/members");
        var id = members.Json.GetProperty("members").EnumerateArray().Single(member => member.GetProperty("email").GetString() == "weak.person@example.com").GetProperty("id").GetString();
        if (invited.Status != 200)
            invited = await gateway.CallAsync("POST", $"/api/sites/{await gateway.SiteIdAsync()}/members/{id}/renew", new { });

        var reply = await gateway.CallAsync("POST", "/api/invitations/accept", new { token = GatewayAccess.TokenOf(invited), name = "W", password }, key: null);

        Assert.Equal((400, "password"), (reply.Status, reply.BlamedFields.Single()));
        Assert.Contains(why, reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("correct horse battery")]
    [InlineData("a long and odd password")]
    [InlineData("Tr0ub4dor&3xyzq")]
    public void A_good_password_is_taken(string password) => Passwords.Check(password, "ada@example.com", "password");

    [Theory]
    [InlineData("KIM@example.com", "kim@example.com")]
    [InlineData("\u212Aim@example.com", "\u212Aim@example.com")]
    [InlineData("\u0130.x@example.com", "\u0130.x@example.com")]
    public void Only_ascii_letters_are_the_same_in_both_cases(string email, string normal) => Assert.Equal(normal, Emails.Normal(email));

    [Theory]
    [InlineData("--Access:Bootstrap:SecretKey=sk_x")]
    [InlineData("--Access:Bootstrap:PublishableKey=pk_short")]
    [InlineData("--Access:Bootstrap:SecretKey=sk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task A_first_key_that_can_be_guessed_is_refused_at_the_start(string setting)
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => GatewayUnderTest.StartAsync(setting));

        Assert.Contains("32 random characters", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Access:PasswordSignIn", "--Access:PasswordSignIn=false")]
    [InlineData("Access:PublicUrl", "--Access:Smtp:Host=localhost", "--Access:Smtp:From=a@example.com")]
    [InlineData("Access:Webhook:Url", "--Access:PublicUrl=https://j.example.com", "--Access:Webhook:Url=http://hooks.example.com/")]
    [InlineData("Access:PublicUrl", "--Access:PublicUrl=http://j.example.com")]
    public async Task Settings_that_do_not_go_together_are_refused_at_the_start(string named, params string[] settings)
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => GatewayUnderTest.StartAsync(settings));

        Assert.Contains(named, failure.Message, StringComparison.Ordinal);
    }

    static bool IsLookedAt(SignInDelays delays, string email, string address)
    {
        try
        {
            delays.Begin(email, address);
            return true;
        }
        catch (TooManyTries)
        {
            return false;
        }
    }
}
