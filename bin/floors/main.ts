/** `node bin/floors/main.ts ROOT`: prints what violates the floors; exit code 1 when something does. */
import { findViolations } from "./floors.ts";
import { readSourceGraph } from "./source-graph.ts";

const [root = "."] = process.argv.slice(2);
const graph = await readSourceGraph(root);
const violations = findViolations(graph);
for (const violation of violations) console.error(violation);
console.log(`${graph.files.length} files, ${graph.edges.length} imports between them, ${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
