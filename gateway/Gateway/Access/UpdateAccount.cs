using Journeys.BuildingBlocks;
using Proto = Journeys.Protos.Access.V1;

namespace Journeys.Gateways;

/// <summary>Changes how a person calls themself.</summary>
public sealed class UpdateAccount(AccountStore accounts, MemberStore members, SignIn signIn)
{
    public async Task<Proto.Session> UpdateAsync(string nameGiven, ClientOf client, Caller caller, CancellationToken ct)
    {
        var name = Check.Text(nameGiven.Trim(), 1, 255, "name");
        var member = await members.FindAsync(Guid.Parse(caller.Subject), ct)
            ?? throw new NotAllowed("Only members have an account; this is a key, or you have not joined a site yet.");

        await accounts.RenameAsync(member.MemberId, name, ct);
        return await signIn.DescribeAsync(caller, client, ct);
    }
}
