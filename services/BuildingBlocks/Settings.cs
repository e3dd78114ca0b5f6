using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Journeys.BuildingBlocks;

/// <summary>Registers typed settings.</summary>
public static class Settings
{
    /// <summary>
    /// Adds the settings of a section. Validates each value by its annotations at start; an error names the key.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="section">The section, such as `Postgres`.</param>
    public static OptionsBuilder<T> AddSettings<T>(this IServiceCollection services, string section)
        where T : class
    {
        services.AddSingleton<IValidateOptions<T>>(new Annotations<T>(section));
        return services.AddOptions<T>().BindConfiguration(section).ValidateOnStart();
    }

    sealed class Annotations<T>(string section) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var problems = new List<ValidationResult>();
            return Validator.TryValidateObject(options, new ValidationContext(options), problems, validateAllProperties: true)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(problems.Select(problem => $"{section}:{string.Join(", ", problem.MemberNames)}: {problem.ErrorMessage}"));
        }
    }
}
