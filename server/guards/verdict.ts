/** What a run of tests proves of a guard that is not there. */

/** What one run told. `unloaded`: files that could not even be loaded, and errors outside of any test. */
export type RunReport = {
  tests: { name: string; passed: boolean; errors: { name: string; message: string }[] }[];
  unloaded: { file: string; message: string }[];
};

export type Verdict =
  | { kind: "red"; test: string }
  | { kind: "green"; tests: number }
  /** Nothing that was meant ran, or what ran was broken code and not a missing guard. */
  | { kind: "no_proof"; why: string };

export function verdictOf({ tests, unloaded }: RunReport): Verdict {
  const failed = tests.filter(({ passed }) => !passed);
  const proof = failed.find(({ errors }) => errors.length > 0 && !errors.some(isBrokenCode));
  if (proof !== undefined) return { kind: "red", test: proof.name };
  const [broken] = failed;
  if (broken !== undefined) return { kind: "no_proof", why: `${broken.name}: ${said(broken.errors[0])}` };
  const [file] = unloaded;
  if (file !== undefined) return { kind: "no_proof", why: `${file.file}: ${file.message}` };
  return tests.length === 0 ? { kind: "no_proof", why: "no test ran" } : { kind: "green", tests: tests.length };
}

const said = (error: { name: string; message: string } | undefined): string => (error === undefined ? "it failed without a word" : `${error.name}: ${error.message.split("\n", 1)[0] ?? ""}`);

/** What JavaScript and PostgreSQL say of code that makes no sense. A guard that is merely absent leaves code that does. */
const brokenNames: ReadonlySet<string> = new Set(["SyntaxError", "ReferenceError", "TypeError"]);
const brokenMessages = [/syntax error at or near/, /there is no unique or exclusion constraint matching/, /^(?:column|relation|function|operator) .* does not exist/];
const isBrokenCode = ({ name, message }: { name: string; message: string }): boolean => brokenNames.has(name) || brokenMessages.some((pattern) => pattern.test(message));
