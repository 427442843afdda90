/** A process to be killed: opens the database of the folder given, says so, and stays until it is killed or its test is. */
import { openDatabase } from "../../src/db/open-database.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: cluster-child.ts FOLDER");
const database = await openDatabase({ dataFolder: folder, log: (line) => process.stdout.write(`${line}\n`) });
process.stdout.write(`ready ${database.ownerUrl}\n`);
process.stdin.resume().once("end", () => process.exit(1));
