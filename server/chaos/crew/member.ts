/** One process of the crew: runs the seeds that it is told, one after the other, until it is told that it is over. */
import { runSeed } from "../run-seed.ts";
import { keepDatabase, type DatabaseKeeper } from "../stage/world-database.ts";
import type { FromCrew, ToCrew } from "./messages.ts";

let databases: DatabaseKeeper | null = null;
const say = (message: FromCrew): void => void process.send?.(message);

process.on("message", (message: ToCrew) => void obey(message));
// Whoever gave the orders is gone, and the database goes with him.
process.once("disconnect", () => process.exit(1));

async function obey(message: ToCrew): Promise<void> {
  switch (message.kind) {
    case "begin":
      databases = keepDatabase(message.addresses, message.name);
      return say({ kind: "ready" });
    case "run":
      if (databases === null) throw new Error("a seed came before the database");
      return say({ kind: "finished", result: await runSeed(databases, message.seed) });
    case "over":
      await databases?.close();
      process.exit(0);
  }
}
