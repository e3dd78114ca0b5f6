namespace Journeys.Ledgers.Checks;

/// <summary>The number of members of a list equals a recount.</summary>
public sealed class Lists : ICheck
{
    public IReadOnlyList<string> Names => ["lists"];

    // The number is written in the same transaction as the members.
    public bool Settles => false;

    public async Task RunAsync(Look look, CancellationToken ct)
    {
        const string count = "select count(*) from enrollment.user_list where (@site is null or site_id = @site)";
        const string sql = """
            select case when list.members > coalesce(there.members, 0) then 'Doubled' else 'Lost' end, list.site_id,
                   format('list=%s', list.list_id),
                   format('It counts %s members, and %s are there.', list.members, coalesce(there.members, 0))
            from enrollment.user_list list
            left join (
                select site_id, list_id, count(*) as members
                from enrollment.user_list_member
                where (@site is null or site_id = @site)
                group by site_id, list_id) as there on there.site_id = list.site_id and there.list_id = list.list_id
            where (@site is null or list.site_id = @site) and list.members <> coalesce(there.members, 0)
            order by list.site_id, list.list_id
            """;

        look.Saw(Names[0], await look.Snapshot.Enrollment.CountAsync(count, ct));
        await look.FindAsync(Names[0], look.Snapshot.Enrollment, sql, ct);
    }
}
