using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;

namespace Journeys.Gateways.Web;

/// <summary>Compresses pages, scripts and JSON for clients that accept it.</summary>
static class Compression
{
    public static void AddCompression(this IServiceCollection services)
    {
        services.AddResponseCompression(compression =>
        {
            // Safe with https, because no answer combines a secret with text that another site could put into the
            // request.
            compression.EnableForHttps = true;
            compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "application/problem+json", "image/svg+xml"];
        });
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Fastest);
        services.Configure<GzipCompressionProviderOptions>(gzip => gzip.Level = CompressionLevel.Fastest);
    }

    // Answers below /sdk are small and many; compressing them costs more than it saves.
    public static void UseCompression(this WebApplication app) =>
        app.UseWhen(context => !context.Request.Path.StartsWithSegments("/sdk"), branch => branch.UseResponseCompression());
}
