import { afterEach, describe, expect, it } from "vitest";
import { MemoryBackplane } from "../src/index.ts";
import { asUser, join, run, stopAll } from "./chatty-hub.ts";
import { until } from "./running-server.ts";
import { Wire } from "./wire.ts";

afterEach(stopAll);

describe("audiences", () => {
  it("are everyone, one, some, users, groups, and each of these but some", async () => {
    const { origin, context } = await run({ authenticate: asUser });
    const open = (user: string) => join(`${origin}/hub`, { accessTokenFactory: () => user });
    const [ada, ada2, bob] = [await open("ada"), await open("ada"), await open("bob")];
    for (const member of [ada, bob]) await member.connection.invoke("join", "room");
    const { clients } = context;
    await clients.all.said("all");
    await clients.allExcept([ada.id]).said("all but ada");
    await clients.client(bob.id).said("bob alone");
    await clients.clients([ada.id, ada2.id, "unknown"]).said("both adas");
    await clients.user("ada").said("user ada");
    await clients.users(["ada", "bob", "nobody"]).said("users");
    await clients.group("room").said("room");
    await clients.groups(["room", "room", "none"]).said("rooms");
    await clients.groupExcept("room", [bob.id]).said("room but bob");
    await ada.connection.invoke("toOthers", "others");
    await ada.connection.invoke("toOthersIn", "room", "others in room");
    await bob.connection.invoke("leave", "room");
    await clients.group("room").said("without bob");
    await until(() => bob.heard.includes("others in room") && ada.heard.includes("without bob") && ada2.heard.includes("others"));
    await bob.connection.invoke("echo", 1);
    expect(ada.heard.slice(1)).toEqual(["all", "both adas", "user ada", "users", "room", "rooms", "room but bob", "without bob"]);
    expect(ada2.heard.slice(1)).toEqual(["all", "all but ada", "both adas", "user ada", "users", "others"]);
    expect(bob.heard.slice(1)).toEqual(["all", "all but ada", "bob alone", "users", "room", "rooms", "others", "others in room"]);
    expect([context.connectionCount, context.hasUser("ada"), context.hasUser("eve")]).toEqual([3, true, false]);
    await Promise.all([ada, ada2, bob].map(({ connection }) => connection.stop()));
    await until(() => context.connectionCount === 0);
    expect(context.hasUser("ada")).toBe(false);
  });

  it("keep their order when a broadcast to hundreds is still under way", async () => {
    const { origin, context } = await run();
    const url = `${origin.replace("http", "ws")}/hub`;
    const wires = await Promise.all(Array.from({ length: 200 }, () => Wire.joined(url)));
    await until(() => context.connectionCount === 200);
    const ids = [...context.connections()].map(({ id }) => id);
    const broadcasts = [context.clients.all.said("first"), context.clients.all.said("second")];
    await context.clients.client(ids.at(-1) ?? "").said("third");
    await Promise.all(broadcasts);
    await context.clients.all.said("fourth");
    const texts = (wire: Wire) => wire.messages.flatMap((message) => (Array.isArray(message["arguments"]) ? message["arguments"] : []));
    await until(() => wires.every((wire) => texts(wire).includes("fourth")));
    const heard = wires.map((wire) => texts(wire).join());
    expect(new Set(heard)).toEqual(new Set(["welcome,first,second,fourth", "welcome,first,second,third,fourth"]));
    expect(heard.filter((text) => text.includes("third"))).toHaveLength(1);
    for (const wire of wires) wire.socket.terminate();
  });
});

describe("several processes", () => {
  it("are one hub over a backplane: pushes, groups and disconnections cross", async () => {
    const backplane = new MemoryBackplane();
    const [left, right] = [await run({ authenticate: asUser }, { backplane }), await run({ authenticate: asUser }, { backplane })];
    const [ada, bob] = [
      await join(`${left.origin}/hub`, { accessTokenFactory: () => "ada" }),
      await join(`${right.origin}/hub`, { accessTokenFactory: () => "bob" }),
    ];
    await left.context.clients.all.said("to all");
    await left.context.clients.user("bob").said("to bob");
    await left.context.groups.add(bob.id, "room");
    await left.context.groups.add(ada.id, "room");
    await right.context.clients.group("room").said("to the room");
    await left.context.groups.remove(bob.id, "room");
    await right.context.clients.group("room").said("to ada");
    await until(() => ada.heard.length === 4 && bob.heard.length === 4);
    expect(ada.heard).toEqual(["welcome", "to all", "to the room", "to ada"]);
    expect(bob.heard).toEqual(["welcome", "to all", "to bob", "to the room"]);
    const closed = new Promise((resolve) => bob.connection.onclose(resolve));
    await left.context.disconnect({ kind: "users", userIds: ["bob"] }, { error: "Removed." });
    expect(await closed).toMatchObject({ message: "Server returned an error on close: Removed." });
    await ada.connection.stop();
  });
});
