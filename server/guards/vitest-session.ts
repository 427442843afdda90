/**
 * A vitest that stays: started in a tree by `test-session.ts`, it runs what it is told again and again. Its PostgreSQL and what
 * it has read of the sources stay too; only the file that has changed is read anew.
 *
 * Other runs take the folder of one whose process is no vitest for a dead one's: the name of this file says that it is.
 */
import { createVitest, type Reporter, type TestSpecification } from "vitest/node";
import type { RunReport } from "./verdict.ts";

/** `named` null: all of the files. `changed`: since the run before. Paths are absolute. */
export type RunRequest = { files: string[]; named: string | null; changed: string[] };

let report: RunReport = { tests: [], unloaded: [] };
const wordsOf = ({ name, message }: { name?: string; message: string }) => ({ name: name ?? "an error without a name", message });

const reporter: Reporter = {
  onTestCaseResult(test) {
    const { state, errors = [] } = test.result();
    if (state !== "passed" && state !== "failed") return;
    report.tests.push({ name: test.fullName, passed: state === "passed", errors: errors.map(wordsOf) });
    // One is enough: the others may each wait long for what will not come.
    if (state === "failed") void vitest.cancelCurrentRun("test-failure");
  },
  onTestModuleEnd(module) {
    for (const { message } of module.errors()) report.unloaded.push({ file: module.moduleId, message });
  },
};

const vitest = await createVitest({ root: process.cwd(), watch: false, project: ["unit", "server"], reporters: [reporter], maxWorkers: Number(process.argv[2]), passWithNoTests: true });
const specifications = await vitest.globTestSpecifications();

async function run({ files, named, changed }: RunRequest): Promise<RunReport> {
  report = { tests: [], unloaded: [] };
  for (const file of changed) vitest.invalidateFile(file);
  if (named === null) vitest.resetGlobalTestNamePattern();
  else vitest.setGlobalTestNamePattern(new RegExp(named));
  const chosen: TestSpecification[] = specifications.filter(({ moduleId }) => files.includes(moduleId));
  const { unhandledErrors } = await vitest.runTestSpecifications(chosen);
  for (const error of unhandledErrors) report.unloaded.push({ file: "outside of any test", message: String(error instanceof Error ? error.message : error) });
  return report;
}

process.on("message", (request: RunRequest) => {
  // Who asked may have gone meanwhile.
  void run(request).then((told) => process.connected && process.send?.(told));
});
process.once("disconnect", () => void vitest.close().finally(() => process.exit()));
// Both come to the whole group: whoever started this one ends it.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
process.send?.("ready");
