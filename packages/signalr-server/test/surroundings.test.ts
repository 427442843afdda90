import { createServer } from "node:http";
import express from "express";
import { afterEach, describe, expect, it } from "vitest";
import { typedClient } from "../src/client.ts";
import type { HubServer } from "../src/index.ts";
import { createHubServer } from "../src/index.ts";
import type { Client, Server } from "./chatty-hub.ts";
import { hub, join, run, stopAll } from "./chatty-hub.ts";
import { client, combinations } from "./running-server.ts";

afterEach(stopAll);

describe("an Express app", () => {
  it("serves hubs as middleware beside its own routes", async () => {
    const hubs: HubServer = createHubServer();
    hubs.mapHub("/hub", hub);
    const app = express();
    app.use(hubs.middleware());
    app.use(express.json());
    app.get("/hello", (_request, response) => void response.send("hello"));
    const http = createServer(app);
    hubs.attachUpgrades(http);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const address = http.address();
    const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    for (const { transport, protocol } of combinations) {
      const { connection } = await join(`${origin}/hub`, { transport, protocol });
      expect(await connection.invoke("echo", "there")).toBe("there");
      await connection.stop();
    }
    expect(await (await fetch(`${origin}/hello`)).text()).toBe("hello");
    await hubs.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
});

describe("a typed client", () => {
  it("calls and is called by the contracts' names and types", async () => {
    const { origin, context } = await run();
    const connection = client(`${origin}/hub`);
    const typed = typedClient<Server, Client>(connection);
    const heard: string[] = [];
    const off = typed.on("said", (text) => void heard.push(text));
    await connection.start();
    expect(await typed.invoke("wait", 1)).toBe("waited");
    // @ts-expect-error the contract says number
    await typed.send("wait", "1");
    off();
    await context.clients.all.said("unheard");
    await typed.invoke("join", "room");
    expect(heard).toEqual(["welcome"]);
    await connection.stop();
  });
});
