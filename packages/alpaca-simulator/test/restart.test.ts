import { spawn, type ChildProcess } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startSimulator } from "../src/simulator.ts";
import { manualClock } from "../src/time/clock.ts";
import { until } from "./sdk.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "alpaca-simulator-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const headers = { "APCA-API-KEY-ID": "PKSIMULATED", "APCA-API-SECRET-KEY": "simulated-secret" };

async function json(url: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, { ...init, headers });
  return { status: response.status, body: await response.json() };
}

function order(clientOrderId: string): RequestInit {
  return { method: "POST", body: JSON.stringify({ symbol: "SPY", notional: "10", side: "buy", type: "market", time_in_force: "day", client_order_id: clientOrderId }) };
}

async function startProcess(stateFile: string): Promise<{ child: ChildProcess; url: string }> {
  const main = join(import.meta.dirname, "../src/main.ts");
  const child = spawn(process.execPath, [main, "--port", "0", "--state-file", stateFile], { stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      const match = /listening on (http:\S+)/.exec(output);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
    child.once("exit", (code) => reject(new Error(`the simulator ended with ${code}`)));
  });
  return { child, url };
}

describe("a simulator that is killed", () => {
  it("still knows every order it acknowledged, and finishes those that were open", async () => {
    const stateFile = join(folder, "book.jsonl");
    const first = await startProcess(stateFile);
    const acknowledged: string[] = [];
    const killed = new Promise((resolve) => first.child.once("exit", resolve));
    const customers = Array.from({ length: 6 }, async (_, customer) => {
      for (let count = 0; acknowledged.length < 40; count += 1) {
        const clientOrderId = `before-${customer}-${count}`;
        if ((await json(`${first.url}/v2/orders`, order(clientOrderId))).status === 200) acknowledged.push(clientOrderId);
        if (acknowledged.length === 40) first.child.kill("SIGKILL");
      }
    });
    await Promise.allSettled(customers);
    await killed;
    appendFileSync(stateFile, '[{"record":"post","post":{"acc');

    const second = await startProcess(stateFile);
    try {
      expect(acknowledged.length).toBeGreaterThanOrEqual(40);
      for (const clientOrderId of acknowledged) {
        const lookup = (): Promise<{ status: number; body: unknown }> => json(`${second.url}/v2/orders:by_client_order_id?client_order_id=${clientOrderId}`);
        await until(async () => {
          const { status, body } = await lookup();
          return status === 200 && typeof body === "object" && body !== null && "status" in body && body.status === "filled";
        }, `${clientOrderId} to be filled`);
        expect((await json(`${second.url}/v2/orders`, order(clientOrderId))).body).toMatchObject({ message: "client_order_id must be unique" });
      }
    } finally {
      const ended = new Promise((resolve) => second.child.once("exit", resolve));
      second.child.kill("SIGTERM");
      await ended;
    }
  });

  it("cuts off a torn last line and says where an earlier one is damaged", async () => {
    const stateFile = join(folder, "book.jsonl");
    const clock = manualClock(Date.parse("2026-03-04T15:00:00Z"));
    await (await startSimulator({ stateFile, clock })).stop();
    const whole = readFileSync(stateFile, "utf8");
    appendFileSync(stateFile, '[{"record":"torn');
    await (await startSimulator({ stateFile, clock })).stop();
    expect(readFileSync(stateFile, "utf8").startsWith(whole)).toBe(true);
    expect(readFileSync(stateFile, "utf8")).not.toContain("torn");
    appendFileSync(stateFile, "not json\n");
    await expect(startSimulator({ stateFile, clock })).rejects.toThrow(/book\.jsonl:\d+ is not a line/);
  });
});

describe("the replay after a restart", () => {
  it("goes on where it was while its session lasts, and starts anew once it is over", async () => {
    const stateFile = join(folder, "book.jsonl");
    const clock = manualClock(Date.parse("2026-03-04T15:00:20Z"));
    const anchors: number[] = [];
    for (const waitMs of [0, 30 * 60_000, 5 * 3_600_000]) {
      clock.advance(waitMs);
      const sim = await startSimulator({ stateFile, clock });
      anchors.push(sim.timeline.anchor.wallMs);
      await sim.stop();
    }
    expect(anchors[1]).toBe(anchors[0]);
    expect(anchors[2]).toBe(Date.parse("2026-03-04T20:30:00Z"));
  });
});
