namespace Journeys.Gateways.Web;

/// <summary>Finds the folders that npm builds.</summary>
static class BuiltFolder
{
    /// <summary>
    /// Returns the configured folder, or else `wwwroot/...` beside the program, or else the folder in the source tree
    /// that contains the program.
    /// </summary>
    public static string? Find(WebApplication app, string configured, string place, string setting)
    {
        var folder = configured.Length > 0 ? Path.GetFullPath(configured) : Default(place);
        if (folder is not null && Directory.Exists(folder))
            return folder;

        app.Logger.LogWarning("There is nothing to serve from gateway/{Place}: it is not built, or Gateway:{Setting} is wrong", place, setting);
        return null;
    }

    static string? Default(string place)
    {
        var beside = Path.Combine(AppContext.BaseDirectory, "wwwroot", place);
        if (Directory.Exists(beside))
            return beside;

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var inTree = Path.Combine(folder.FullName, "gateway", place);
            if (Directory.Exists(inTree) && File.Exists(Path.Combine(folder.FullName, "Journeys.sln")))
                return inTree;
        }

        return null;
    }
}
