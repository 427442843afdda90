/** Chores in a process of its own, for tests that kill it in the middle of one. Takes the database as its argument; its one chore never ends. */
import { startScheduledChores } from "../../src/workers/chores.ts";

startScheduledChores({
  url: process.argv[2] ?? "",
  chores: () => [
    {
      name: "work",
      at: "0 0 1 1 *",
      run: async () => {
        process.stdout.write("taken\n");
        await new Promise((resolve) => void setTimeout(resolve, 3_600_000));
      },
    },
  ],
  observer: { choreDone: () => undefined, choreFailed: () => undefined, remarked: () => undefined },
});
