import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { firstPage } from "./build/firstPage.ts";
import { mantineVariables } from "./build/mantineVariables.ts";

// Where `npm run dev` finds the API: a gateway that deploy/local/up started.
const gateway = process.env.JOURNEYS_GATEWAY ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), mantineVariables(), firstPage(400)],
  server: { proxy: { "/api": gateway, "/sdk": gateway } },
  // Browsers that know light-dark() of themselves: what it is rewritten to for older ones looks for the scheme in the
  // wrong place.
  // Never `data:` styles or scripts: the gateway's policy allows files of its own only.
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
  },
  // The machine may be busy with other suites.
  test: { testTimeout: 30_000, hookTimeout: 60_000 },
});
