using Journeys.Protos;
using Journeys.Protos.Scheduler.V1;

namespace Journeys.BuildingBlocks.Tests;

public sealed class CheckTests
{
    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("{0193b6e4-7d3f-7aaa-8bbb-0123456789ab}")]
    [InlineData("0193b6e47d3f7aaa8bbb0123456789ab")]
    public void What_is_not_a_uuid_is_refused(string value)
    {
        var refusal = Assert.Throws<InvalidInput>(() => Check.Uuid(value, "journeyId"));

        Assert.Equal("journeyId", Assert.Single(refusal.Violations).Field);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    public void A_person_id_is_short_and_printable(string value) =>
        Assert.Throws<InvalidInput>(() => Check.PersonId(value, "userId"));

    [Theory]
    [InlineData(" ")]
    [InlineData("\u200B")]
    [InlineData("\u00A0\u2060\uFEFF")]
    [InlineData("\u202E\u200F")]
    [InlineData("\u3164")]
    [InlineData("\uFE0F")]
    public void A_name_that_nobody_can_see_is_refused(string value)
    {
        var refusal = Assert.Throws<InvalidInput>(() => Check.Name(value, "name"));

        Assert.Equal(("name", "must have at least one visible character."), refusal.Violations.Select(one => (one.Field, one.Message)).Single());
        Assert.Equal("", Check.OptionalName("", "name"));
    }

    [Theory]
    [InlineData("مرحبا")]
    [InlineData("\u200FA\u200B")]
    [InlineData("👩‍👩‍👧")]
    [InlineData("-")]
    public void A_name_has_any_characters_if_one_can_be_seen(string value) => Assert.Equal(value, Check.Name(value, "name"));

    [Fact]
    public void A_person_id_has_at_most_256_characters()
    {
        Assert.Equal(256, Check.PersonId(new string('x', 256), "userId").Length);
        Assert.Throws<InvalidInput>(() => Check.PersonId(new string('x', 257), "userId"));
    }

    [Fact]
    public void Values_are_spelled_as_the_contract_spells_them() =>
        Assert.Equal(["LIST_ENROLLMENT", "ERASURE"], Check.Values([Job.Types.Kind.ListEnrollment, Job.Types.Kind.Erasure], "kind"));

    [Theory]
    [InlineData(Job.Types.Status.Unspecified)]
    [InlineData((Job.Types.Status)99)]
    public void A_value_that_the_contract_does_not_have_is_refused(Job.Types.Status status)
    {
        var refusal = Assert.Throws<InvalidInput>(() => Check.Values([Job.Types.Status.Running, status], "status"));

        Assert.Equal(new Violation("status", "must be RUNNING, COMPLETED, FAILED or CANCELLED."), Assert.Single(refusal.Violations));
    }

    [Fact]
    public void Every_value_is_read_from_its_own_text() =>
        Assert.All(Enum.GetValues<Job.Types.Kind>(), kind => Assert.Equal(kind, EnumText.Parse<Job.Types.Kind>(kind.Text())));

    [Theory]
    [InlineData(0, 50)]
    [InlineData(7, 7)]
    [InlineData(5_000, 200)]
    public void A_page_has_50_items_unless_told_and_never_more_than_200(int asked, int given) =>
        Assert.Equal(given, Check.PageSize(asked));

    [Fact]
    public void A_page_token_comes_back_as_the_key_it_was_made_of()
    {
        var key = new Key(new DateTimeOffset(2026, 1, 5, 12, 0, 0, TimeSpan.Zero), Guid.CreateVersion7());

        Assert.Equal(key, PageToken.Decode<Key>(PageToken.Encode(key)));
        Assert.Null(PageToken.Decode<Key>(""));
    }

    [Theory]
    [InlineData("%%%")]
    [InlineData("bm90IGpzb24")]
    [InlineData("bnVsbA")]
    [InlineData("e30")]
    [InlineData("eyJvdGhlciI6MX0")]
    public void A_page_token_that_we_did_not_make_is_refused(string token)
    {
        var refusal = Assert.Throws<InvalidInput>(() => PageToken.Decode<Key>(token));

        Assert.Equal("pageToken", Assert.Single(refusal.Violations).Field);
    }

    [Theory]
    [InlineData("""{"CreatedAt":"2026-01-05T12:00:00Z","Name":"a\u0000b","Number":1}""")]
    [InlineData("""{"CreatedAt":"2026-01-05T12:00:00Z","Name":"\ud83d","Number":1}""")]
    [InlineData("""{"CreatedAt":"2026-01-05T12:00:00+02:00","Name":"a","Number":1}""")]
    [InlineData("""{"CreatedAt":"0001-01-01T00:00:00-14:00","Name":"a","Number":1}""")]
    [InlineData("""{"CreatedAt":7,"Name":"a","Number":1}""")]
    [InlineData("""{"CreatedAt":null,"Name":"a","Number":1}""")]
    [InlineData("""{"CreatedAt":"2026-01-05T12:00:00Z","Name":["a"],"Number":1}""")]
    [InlineData("""{"CreatedAt":"2026-01-05T12:00:00Z","Name":null,"Number":1}""")]
    [InlineData("""{"CreatedAt":"2026-01-05T12:00:00Z","Name":"a","Number":-1}""")]
    [InlineData("""{"CreatedAt":"2026-01-05T12:00:00Z","Name":"a","Number":"1"}""")]
    [InlineData("""{"CreatedAt":"2026-01-05T12:00:00Z","Name":"a","Number":1,"Number":2}""")]
    [InlineData("""["a"]""")]
    public void Every_part_of_a_page_token_is_checked(string json) =>
        Assert.Throws<InvalidInput>(() => PageToken.Decode<Parts>(System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(json))));

    sealed record Parts(DateTimeOffset CreatedAt, string Name, int Number);

    sealed record Key(DateTimeOffset CreatedAt, Guid Id);
}
