import { configDefaults, defineConfig } from "vitest/config";

/** Two cores are what the smallest machine that runs this has; more workers only make time-outs. */
const maxWorkers = 2;

const shared = { testTimeout: 60_000, hookTimeout: 120_000, exclude: [...configDefaults.exclude, "**/.data/**"] };

export default defineConfig({
  test: {
    maxWorkers,
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          include: ["packages/*/{src,test}/**/*.test.ts", "server/src/**/*.test.ts", "client/web/{src,build}/**/*.test.{ts,tsx}", "bin/**/*.test.ts"],
        },
      },
      {
        test: { ...shared, name: "server", include: ["server/test/**/*.test.ts"], globalSetup: "server/test/support/global-setup.ts" },
      },
      {
        test: { ...shared, name: "e2e", include: ["client/web/e2e/**/*.test.ts"], globalSetup: "server/test/support/global-setup.ts", fileParallelism: false },
      },
    ],
  },
});
