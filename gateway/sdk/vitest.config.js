import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "https://shop.example/start?x=1" } },
    include: ["tests/**/*.test.ts"],
    // The machine may be busy with other suites.
    testTimeout: 30_000,
  },
});
