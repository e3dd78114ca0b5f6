namespace Journeys.EndToEnd.Tests;

/// <summary>What is held against every answer of the other tests finds what would be wrong.</summary>
public sealed class DescribedAnswersTests
{
    [Theory]
    [InlineData("""{"id": "u", "key": "n", "name": "n", "description": "", "members": 1}""", null)]
    [InlineData("""{"id": "u", "key": "n", "name": "n", "description": "", "members": 1, "createTime": "2026-01-31T09:00:00Z"}""", null)]
    [InlineData("""{"id": "u", "key": "n", "name": "n", "description": "", "members": 1, "createTime": "yesterday"}""", "/createTime")]
    [InlineData("""{"id": "u", "key": "n", "name": "n", "description": "", "members": "1"}""", "/members")]
    [InlineData("""{"id": "u", "key": "n", "name": "n", "description": "", "members": 1, "color": "red"}""", "/color")]
    [InlineData("""{"id": "u", "key": "n", "name": "n", "description": ""}""", "members")]
    public void An_answer_must_be_as_it_is_described(string answer, string? blamed)
    {
        var fault = DescribedAnswers.FaultOf(answer, "enrollment.UserList");

        if (blamed is null)
            Assert.Null(fault);
        else
            Assert.Contains(blamed, fault, StringComparison.Ordinal);
    }
}
