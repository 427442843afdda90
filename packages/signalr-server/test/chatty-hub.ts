import type { HubContext, HubOptions, HubServerOptions } from "../src/index.ts";
import { HubError, defineHub } from "../src/index.ts";
import type { ClientOptions, RunningServer } from "./running-server.ts";
import { client, runServer } from "./running-server.ts";

export interface Server {
  echo<Value>(value: Value): Value;
  wait(ms: number): Promise<string>;
  join(group: string): Promise<void>;
  leave(group: string): Promise<void>;
  toOthers(text: string): Promise<void>;
  toOthersIn(group: string, text: string): Promise<void>;
  guarded(): string;
}
export interface Client {
  said(text: string): void;
  data(bytes: Uint8Array, long: bigint): void;
}

/** What happened on the server, in order. */
export const events: string[] = [];
/** A hub that tells of itself. */
export const hub = defineHub<Server, Client>({
  methods: {
    echo: (_call, value) => value,
    async wait(_call, ms) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return "waited";
    },
    join: (call, group) => call.groups.add(group),
    leave: (call, group) => call.groups.remove(group),
    toOthers: (call, text) => call.clients.others.said(text),
    toOthersIn: (call, group, text) => call.clients.othersInGroup(group).said(text),
    guarded: () => "inside",
  },
  filters: [
    async (invocation, next) => {
      events.push(`before ${invocation.method}`);
      try {
        return await next();
      } finally {
        events.push(`after ${invocation.method}`);
      }
    },
    async (invocation, next) => {
      if (invocation.method === "guarded" && invocation.call.connection.request.query("key") !== "k") throw new HubError("No key.");
      return next();
    },
  ],
  async onConnected(call) {
    const refuse = call.connection.request.query("refuse");
    if (refuse !== undefined) throw Object.assign(new Error(refuse), { name: "InvalidOperationException" });
    await call.clients.caller.said("welcome");
    call.connection.items.set("since", "now");
    events.push("connected");
  },
  onDisconnected(connection, error) {
    events.push(`disconnected ${String(connection.items.get("since"))} ${error?.message ?? "in order"} ${connection.signal.aborted}`);
  },
});

const running: RunningServer[] = [];
/** Runs a server with the hub under `/hub`; {@link stopAll} ends it. */
export const run = async (options: HubOptions = {}, serverOptions: HubServerOptions = {}): Promise<RunningServer & { context: HubContext<Client> }> => {
  let context: HubContext<Client> | undefined;
  const server = await runServer((hubs) => {
    context = hubs.mapHub("/hub", hub, options);
  }, serverOptions);
  running.push(server);
  if (context === undefined) throw new Error("The hub was not mapped");
  return { ...server, context };
};
/** Microsoft's client, started, with what it heard. */
export const join = async (url: string, options: ClientOptions = {}) => {
  const connection = client(url, options);
  const heard: string[] = [];
  connection.on("said", (text: string) => heard.push(text));
  await connection.start();
  return { connection, heard, id: connection.connectionId ?? "" };
};
/** The token is the user. */
export const asUser = ({ token }: { token: string | undefined }) => ({ userId: token ?? "nobody" });

/** Ends what {@link run} started, and forgets what happened. */
export async function stopAll(): Promise<void> {
  for (const server of running.splice(0)) await server.stop();
  events.length = 0;
}
