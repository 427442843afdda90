import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { SimulatorControl } from "./control.ts";
import type { KeyPair } from "./http/credentials.ts";
import { acceptStreams } from "./stream/upgrade.ts";
import { systemClock, type SimulatorClock } from "./time/clock.ts";
import type { Timeline } from "./time/timeline.ts";
import { buildWorld, type SimulatorOptions } from "./world.ts";

export type Simulator = {
  /** `http://127.0.0.1:PORT`: the base of both the trading and the market-data API. */
  url: string;
  tradingStreamUrl: string;
  dataStreamUrl: string;
  cryptoStreamUrl: string;
  keys: readonly KeyPair[];
  timeline: Timeline;
  control: SimulatorControl;
  stop: () => Promise<void>;
};

export const defaultKeys: readonly KeyPair[] = [{ keyId: "PKSIMULATED", secretKey: "simulated-secret", account: "paper" }];

const TICK_MS = 1000;

/** Starts the simulator and resolves once it listens. Rejects when the data, the journal or the port cannot be used. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.clock ?? systemClock;
  const keys = options.keys ?? defaultKeys;
  const world = buildWorld(options, keys, clock);
  const server = createServer(world.app);
  const closeStreams = acceptStreams(server, world.tradingStream, world.marketDataStream, world.control);
  const port = await listen(server, options.port ?? 0, options.host ?? "127.0.0.1").catch((error: unknown) => {
    world.close();
    throw error;
  });
  world.begin();
  const stopTicking = everySecond(clock, world.tick);
  const authority = options.host === "::1" ? `[::1]:${port}` : `127.0.0.1:${port}`;
  return {
    url: `http://${authority}`,
    tradingStreamUrl: `ws://${authority}/stream`,
    dataStreamUrl: `ws://${authority}/v2/iex`,
    cryptoStreamUrl: `ws://${authority}/v1beta3/crypto/us`,
    keys,
    timeline: world.timeline,
    control: world.control,
    stop: async () => {
      stopTicking();
      closeStreams();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      world.close();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function everySecond(clock: SimulatorClock, task: () => void): () => void {
  let cancel = (): void => undefined;
  const wait = (): void => {
    cancel = clock.after(TICK_MS - (clock.now() % TICK_MS), () => {
      task();
      wait();
    });
  };
  wait();
  return () => cancel();
}
