import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "https://shop.example/start?x=1" } },
    include: ["tests/**/*.test.ts"],
    globalSetup: "tests/browser/setup.js",
    // The machine may be busy with other suites.
    testTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 60_000,
  },
});
