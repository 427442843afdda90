import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/{src,test}/**/*.test.ts", "server/{src,test}/**/*.test.ts", "client/web/src/**/*.test.ts", "bin/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
