/** The client processes as one crowd. */
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Order, Person, Report, Tally } from "./messages.ts";

export type Crowd = {
  connect(people: readonly Person[]): Promise<void>;
  /** Resolves when everybody has got so many, or has waited in vain. */
  expect(messages: number): Promise<Tally>;
  /** @returns what had come by the end, so that what comes twice afterwards is counted too */
  disconnect(): Promise<Tally>;
  stop(): void;
};

export function startCrowd(processes: number): Crowd {
  const members = Array.from({ length: processes }, () => fork(join(import.meta.dirname, "clients.ts"), { execArgv: [] }));
  const tell = <Kind extends Report["kind"]>(kind: Kind, orderOf: (n: number) => Order): Promise<Extract<Report, { kind: Kind }>[]> =>
    Promise.all(members.map((member, n) => obeyed(member, kind, orderOf(n))));
  return {
    async connect(people) {
      await tell("connected", (n) => ({ kind: "connect", people: people.filter((_, index) => index % processes === n) }));
    },
    expect: async (messages) => sum((await tell("complete", () => ({ kind: "expect", messages }))).map(({ tally }) => tally)),
    disconnect: async () => sum((await tell("disconnected", () => ({ kind: "disconnect" }))).map(({ tally }) => tally)),
    stop: () => {
      for (const member of members) member.disconnect();
    },
  };
}

async function obeyed<Kind extends Report["kind"]>(member: ChildProcess, kind: Kind, order: Order): Promise<Extract<Report, { kind: Kind }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Extract<Report, { kind: Kind }>>();
  const onReport = (report: Report): void => {
    if (report.kind === "failed") reject(new Error(report.message));
    else if (isOf(report, kind)) resolve(report);
  };
  const onExit = (): void => reject(new Error("a process of clients ended"));
  member.on("message", onReport).once("exit", onExit);
  member.send(order);
  try {
    return await promise;
  } finally {
    member.off("message", onReport).off("exit", onExit);
  }
}

const isOf = <Kind extends Report["kind"]>(report: Report, kind: Kind): report is Extract<Report, { kind: Kind }> => report.kind === kind;

export function sum(tallies: readonly Tally[]): Tally {
  const total: Tally = { received: 0, missing: 0, repeated: 0, disordered: 0, connectionsLost: 0 };
  for (const tally of tallies) for (const key of ["received", "missing", "repeated", "disordered", "connectionsLost"] as const) total[key] += tally[key];
  return total;
}
