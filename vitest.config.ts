import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Two cores are what the smallest machine that runs this has; more workers only make time-outs. */
const maxWorkers = 2;

/** What takes minutes begins at once, so that the rest runs beside it and not before it. */
const takesMinutes = /server\/test\/(chaos\/chaos|dialogues\/dialogues|process|roles|soak|take-over)\.test\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => takesMinutes.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Two cores may be busy with other things: what is waited for comes when it comes, and only what never comes fails. */
const shared = { testTimeout: 120_000, hookTimeout: 120_000, expect: { poll: { timeout: 60_000 } }, exclude: [...configDefaults.exclude, "**/.data/**"] };

export default defineConfig({
  test: {
    maxWorkers,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          include: ["packages/*/{src,test}/**/*.test.ts", "server/{src,bench}/**/*.test.ts", "client/web/{src,build}/**/*.test.{ts,tsx}", "bin/**/*.test.ts"],
        },
      },
      {
        test: { ...shared, name: "server", include: ["server/test/**/*.test.ts"], globalSetup: "server/test/support/global-setup.ts" },
      },
      {
        test: { ...shared, name: "e2e", include: ["client/web/e2e/**/*.test.ts"], globalSetup: "server/test/support/global-setup.ts" },
      },
    ],
  },
});
