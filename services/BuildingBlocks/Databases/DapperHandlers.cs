using System.Data;
using Dapper;

namespace Journeys.BuildingBlocks.Databases;

/// <summary>Lets Dapper read `timestamptz` as UTC <see cref="DateTimeOffset"/> and `snake_case` columns into properties.</summary>
public static class DapperHandlers
{
    /// <summary>Registers the handlers for the whole process; calling it again changes nothing.</summary>
    public static void Register()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        SqlMapper.AddTypeHandler(new UtcHandler());
    }

    sealed class UtcHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override DateTimeOffset Parse(object value) => value switch
        {
            DateTime time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
            DateTimeOffset time => time.ToUniversalTime(),
            _ => throw new InvalidCastException($"Cannot read a {value.GetType().Name} as a point in time."),
        };

        public override void SetValue(IDbDataParameter parameter, DateTimeOffset value) => parameter.Value = value.ToUniversalTime();
    }
}
