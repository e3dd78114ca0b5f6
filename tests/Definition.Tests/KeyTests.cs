using Grpc.Core;
using Journeys.Protos.Definition.V1;
using Status = Journeys.Protos.Definition.V1.Journey.Types.Status;

namespace Journeys.Definitions.Tests;

/// <summary>Journeys and audiences are named by key wherever an id names them.</summary>
public sealed class KeyTests(DefinitionUnderTest definition) : IClassFixture<DefinitionUnderTest>
{
    readonly Author author = definition.NewSite();

    [Theory]
    [InlineData("New user onboarding", "new-user-onboarding")]
    [InlineData("  10% off -- today!  ", "10-off-today")]
    [InlineData("日本", "journey")]
    public async Task A_key_is_made_from_the_name(string name, string key)
    {
        var journey = await CreateAsync(name);

        Assert.Equal(key, journey.Key);
        Assert.Equal(journey, await author.GetAsync($"key:{key}"));
    }

    [Fact]
    public async Task A_second_of_the_same_name_gets_a_number_and_a_long_name_is_cut()
    {
        Assert.Equal(["twins", "twins-2", "twins-3"], [(await CreateAsync("Twins")).Key, (await CreateAsync("Twins")).Key, (await CreateAsync("twins!")).Key]);
        Assert.Equal([new string('x', 64), new string('x', 62) + "-2"], [(await CreateAsync(new('x', 200))).Key, (await CreateAsync(new('x', 200))).Key]);
    }

    [Fact]
    public async Task Racing_creations_of_one_name_get_different_keys()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CreateAsync("Race")));

        Assert.Equal(8, made.Select(journey => journey.Key).Distinct().Count());
    }

    [Fact]
    public async Task A_key_moves_a_journey_through_its_life()
    {
        await CreateAsync("Anything", "life");
        const string id = "key:life";

        Assert.Equal(2, (await author.Journeys.UpdateJourneyAsync(new() { Id = id, Description = "d" })).Revision);
        Assert.True((await author.Journeys.ValidateJourneyAsync(new() { Id = id })).Valid);
        Assert.Equal(Status.Published, (await author.Journeys.PublishJourneyAsync(new() { Id = id })).Status);
        Assert.Equal(Status.Paused, (await author.Journeys.PauseJourneyAsync(new() { Id = id })).Status);
        Assert.Single((await author.Journeys.ListVersionsAsync(new() { Id = id })).Versions);
        Assert.Equal("copy", (await author.Journeys.CloneJourneyAsync(new() { Id = id, Key = "copy" })).Key);
        var document = await author.Journeys.ExportJourneyAsync(new() { Id = id });
        Assert.Equal("imported", (await author.Journeys.ImportJourneyAsync(new() { Document = document, Key = "imported" })).Key);
    }

    [Fact]
    public async Task A_key_changes_until_the_journey_was_published()
    {
        var journey = await CreateAsync("First");

        Assert.Equal("second", (await author.Journeys.UpdateJourneyAsync(new() { Id = "key:first", Key = "second" })).Key);
        await Refusal.With(StatusCode.NotFound, "JOURNEY_NOT_FOUND", author.Journeys.GetJourneyAsync(new() { Id = "key:first" }));
        await author.Journeys.PublishJourneyAsync(new() { Id = journey.Id });

        await Refusal.With(StatusCode.FailedPrecondition, "KEY_FIXED", author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Key = "third" }));
        Assert.Equal("second", (await author.Journeys.UpdateJourneyAsync(new() { Id = journey.Id, Key = "second", Name = "Renamed" })).Key);
    }

    [Fact]
    public async Task A_key_that_is_taken_or_cannot_be_one_is_refused()
    {
        await CreateAsync("One", "one");
        var other = await CreateAsync("Other");

        await Refusal.With(StatusCode.AlreadyExists, "KEY_TAKEN", author.Journeys.CreateJourneyAsync(Named("Two", "one")));
        await Refusal.With(StatusCode.AlreadyExists, "KEY_TAKEN", author.Journeys.UpdateJourneyAsync(new() { Id = other.Id, Key = "one" }));
        foreach (var wrong in (string[])["One", "-one", "a b", "a/b", "é", new('x', 65), "a\n"])
            await Refusal.OfInput(author.Journeys.CreateJourneyAsync(Named("Two", wrong)), "key");
        await Refusal.OfInput(author.Journeys.UpdateJourneyAsync(new() { Id = other.Id, Key = "" }), "key");
        await Refusal.OfInput(author.Journeys.GetJourneyAsync(new() { Id = "key:" }), "id");
        Assert.Equal("one", (await definition.NewSite().Journeys.CreateJourneyAsync(Named("Elsewhere", "one"))).Key);
    }

    [Fact]
    public async Task A_key_names_nothing_of_another_site()
    {
        await CreateAsync("Ours", "ours");

        await Refusal.With(StatusCode.NotFound, "JOURNEY_NOT_FOUND", definition.NewSite().Journeys.GetJourneyAsync(new() { Id = "key:ours" }));
    }

    [Fact]
    public async Task An_audience_is_read_changed_and_deleted_by_its_key()
    {
        var made = await author.AudienceAsync("Pro users");
        var chosen = await author.Audiences.CreateAudienceAsync(new() { Name = "Max", Rule = Designs.Plan("max"), Key = "the_max" });

        Assert.Equal(("pro-users", "the_max"), (made.Key, chosen.Key));
        Assert.Equal(chosen, await author.Audiences.GetAudienceAsync(new() { Id = "key:the_max" }));
        Assert.Equal(chosen.Id, (await author.Audiences.UpdateAudienceAsync(new() { Id = "key:the_max", Name = "Most" })).Id);
        await Refusal.With(
            StatusCode.AlreadyExists, "KEY_TAKEN",
            author.Audiences.CreateAudienceAsync(new() { Name = "Other", Rule = Designs.Plan("x"), Key = "the_max" }));
        await author.Audiences.DeleteAudienceAsync(new() { Id = "key:the_max" });
        await Refusal.With(StatusCode.NotFound, "AUDIENCE_NOT_FOUND", author.Audiences.GetAudienceAsync(new() { Id = "key:the_max" }));
    }

    async Task<Journey> CreateAsync(string name, string key = "") => await author.Journeys.CreateJourneyAsync(Named(name, key));

    static CreateJourneyRequest Named(string name, string key)
    {
        var request = Designs.Simple();
        (request.Name, request.Key) = (name, key);
        return request;
    }
}
