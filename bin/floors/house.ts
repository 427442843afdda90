/** Which rooms the house has, on which floor each stands, and which workspaces may know each other. */

/** Of `server/src`: a room imports from itself and from lower floors. Neighbours on a floor do not know each other. */
export const serverFloors: Readonly<Record<string, number>> = {
  core: 0,
  db: 1,
  trading: 2,
  pipeline: 3,
  alpaca: 3,
  push: 3,
  realtime: 3,
  http: 4,
  workers: 4,
  telemetry: 5,
};
/** `config.ts`, `main.ts` and what else lies in `server/src` itself: builds everything, and is imported by nothing below. */
export const compositionFloor = 6;

/** Rooms whose inner rooms may know each other, but not in a circle. */
export const roomsOfRooms: readonly string[] = ["server/src/trading"];

/** Folder of each workspace, and the workspaces it may import. Tests and benchmarks of a workspace have their own line. */
export const workspaces: Readonly<Record<string, readonly string[]>> = {
  "packages/contract": [],
  "packages/signalr-server": [],
  "packages/alpaca-simulator": [],
  "client/web": ["packages/contract"],
  // Browser tests run the whole of it.
  "client/web/e2e": ["client/web", "server", "server/test", "packages/contract", "packages/alpaca-simulator"],
  server: ["packages/contract", "packages/signalr-server", "packages/alpaca-simulator"],
  "server/test": ["server", "server/chaos", "server/chaos/checker", "server/guards", "packages/contract", "packages/signalr-server", "packages/alpaca-simulator"],
  "server/bench": ["server", "server/test", "packages/contract", "packages/signalr-server", "packages/alpaca-simulator"],
  "server/chaos": ["server", "server/chaos/checker", "packages/contract", "packages/alpaca-simulator"],
  "server/soak": ["server", "server/chaos", "server/chaos/checker", "packages/contract", "packages/alpaca-simulator"],
  "server/guards": ["packages/contract"],
  // What judges the order core shares nothing with it.
  "server/chaos/checker": ["packages/alpaca-simulator"],
  bin: [],
};
