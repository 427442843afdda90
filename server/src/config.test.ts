import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.ts";

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const keys = { ALPACA_API_KEY_ID: "PKTEST", ALPACA_API_SECRET_KEY: "very-secret" };

describe("with nothing set", () => {
  test("Nod serves this machine, with its own database and the simulator", () => {
    const config = readConfig({});
    expect(config).toMatchObject({ host: "127.0.0.1", port: 8080, databaseUrl: null, auth: { mode: "local" }, broker: { kind: "simulator" }, allowLive: false });
  });

  test("the configuration cannot be changed afterwards", () => {
    const config = readConfig({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.caps)).toBe(true);
  });
});

describe("several processes", () => {
  const shared = { DATABASE_URL: "postgres://nod_web@db/nod" };

  test("with nothing said a process does everything", () => {
    expect(readConfig({}).role).toBe("all");
  });

  test.each(["web", "worker"])("%s needs a database that others reach too", (role) => {
    expect(problemsOf({ ...keys, ROLE: role })).toEqual([`ROLE=${role} needs DATABASE_URL: the embedded database belongs to one process, that of ROLE=all`]);
    expect(readConfig({ ...keys, ...shared, ROLE: role }).role).toBe(role);
  });

  test("a worker needs a broker that others reach too, and is told how to try it without one", () => {
    expect(problemsOf({ ...shared, ROLE: "worker" })).toEqual([expect.stringMatching(/^ROLE=worker needs ALPACA_API_KEY_ID and ALPACA_API_SECRET_KEY.*QUESTION_PIPELINE_TEST_MODE=true$/)]);
    expect(readConfig({ ...shared, ROLE: "worker", QUESTION_PIPELINE_TEST_MODE: "true" }).broker).toEqual({ kind: "test" });
    expect(readConfig({ ...shared, ...keys, ROLE: "worker" }).broker).toMatchObject({ kind: "alpaca" });
  });

  test("a web process needs no keys, and forgets those it is given", () => {
    expect(readConfig({ ...shared, ROLE: "web" }).broker).toEqual({ kind: "elsewhere", reached: "alpaca", environment: "paper" });
    expect(readConfig({ ...shared, ...keys, ROLE: "web", ALPACA_TRADING_BASE_URL: "https://api.alpaca.markets", ALPACA_ALLOW_LIVE: "true" }).broker).toEqual({
      kind: "elsewhere",
      reached: "alpaca",
      environment: "live",
    });
    expect(readConfig({ ...shared, ROLE: "web", QUESTION_PIPELINE_TEST_MODE: "true" }).broker).toMatchObject({ reached: "test" });
  });

  test("another role is a mistake", () => {
    expect(problemsOf({ ROLE: "leader" })).toEqual(["ROLE must be one of all, web, worker"]);
  });
});

describe("real money", () => {
  const live = { ...keys, ALPACA_TRADING_BASE_URL: "https://api.alpaca.markets" };

  test("a live host is refused at the start", () => {
    expect(problemsOf(live)).toEqual(["ALPACA_TRADING_BASE_URL is a live host: real money needs ALPACA_ALLOW_LIVE=true"]);
  });

  test("a host that nobody knows counts as live", () => {
    expect(problemsOf({ ...keys, ALPACA_TRADING_BASE_URL: "https://paper-api.alpaca.markets.example.org" })).toHaveLength(1);
  });

  test("with the operator's word it is taken, and named as live", () => {
    expect(readConfig({ ...live, ALPACA_ALLOW_LIVE: "true" }).broker).toMatchObject({ kind: "alpaca", environment: "live" });
  });

  test("keys alone mean paper, and the stream follows the host", () => {
    expect(readConfig(keys).broker).toMatchObject({ kind: "alpaca", environment: "paper", alpaca: { tradingStreamUrl: "wss://paper-api.alpaca.markets/stream" } });
  });

  test("the stream of market data is of the feed that is named", () => {
    const streamOf = (env: Record<string, string>) => readConfig({ ...keys, ...env }).broker;
    expect(streamOf({})).toMatchObject({ dataStream: { url: "wss://stream.data.alpaca.markets/v2/iex", feed: "iex" } });
    expect(streamOf({ ALPACA_DATA_FEED: "sip" })).toMatchObject({ dataStream: { url: "wss://stream.data.alpaca.markets/v2/sip", feed: "sip" } });
    expect(streamOf({ ALPACA_DATA_STREAM_URL: "ws://127.0.0.1:9/v2/iex" })).toMatchObject({ dataStream: { url: "ws://127.0.0.1:9/v2/iex", feed: "iex" } });
    expect(problemsOf({ ...keys, ALPACA_DATA_FEED: "crypto_us" })).toHaveLength(1);
  });

  test("half a pair of keys is a mistake", () => {
    expect(problemsOf({ ALPACA_API_KEY_ID: "PKTEST" })).toEqual(["ALPACA_API_KEY_ID and ALPACA_API_SECRET_KEY go together"]);
  });
});

describe("who may sign in", () => {
  test("local sign-in is refused in production", () => {
    expect(problemsOf({ NODE_ENV: "production" })).toEqual(["AUTH_MODE=local lets anyone be anyone: not with NODE_ENV=production"]);
  });

  test("local sign-in is refused off loopback", () => {
    expect(problemsOf({ HOST: "0.0.0.0" })).toEqual(["AUTH_MODE=local serves this machine only: HOST must be a loopback address, not 0.0.0.0"]);
  });

  test("the Firebase emulator is refused in production", () => {
    const env = { NODE_ENV: "production", AUTH_MODE: "firebase", FIREBASE_PROJECT_ID: "nod", FIREBASE_AUTH_EMULATOR_HOST: "127.0.0.1:9099" };
    expect(problemsOf(env)).toEqual(["FIREBASE_AUTH_EMULATOR_HOST makes every token valid: not with NODE_ENV=production"]);
  });

  test("Firebase needs its project", () => {
    expect(problemsOf({ AUTH_MODE: "firebase" })).toEqual(["FIREBASE_PROJECT_ID is needed with AUTH_MODE=firebase"]);
  });
});

describe("what does not fit", () => {
  test.each([
    [{ PORT: "80a" }, "PORT must be a whole number from 0 to 65535"],
    [{ PORT: "-1" }, "PORT must be a whole number from 0 to 65535"],
    [{ TRADING_ENABLED: "yes" }, "TRADING_ENABLED must be true or false"],
    [{ AUTH_MODE: "none" }, "AUTH_MODE must be one of local, firebase"],
    [{ DATABASE_URL: "mysql://x" }, "DATABASE_URL must be an address that starts with postgres:// or postgresql://"],
    [{ QUESTION_WORKER_INTERVAL_SECONDS: "0" }, "QUESTION_WORKER_INTERVAL_SECONDS must be a whole number from 1 to 3600"],
    [{ TRADING_CAP_MAX_ORDER_NOTIONAL_USD: "1e9" }, "TRADING_CAP_MAX_ORDER_NOTIONAL_USD must be an amount in dollars"],
    [{ TRADING_CAP_MAX_ORDER_NOTIONAL_USD: "-5" }, "TRADING_CAP_MAX_ORDER_NOTIONAL_USD must be an amount in dollars"],
  ])("%j is named with what it must be", (env, problem) => {
    expect(problemsOf(env)).toEqual([problem]);
  });

  test("every fault is named at once, and no secret with them", () => {
    const problems = problemsOf({ ...keys, ALPACA_TRADING_BASE_URL: "nonsense", PORT: "x", DATABASE_URL: "mysql://nod:very-secret@127.0.0.1/nod" });
    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain("very-secret");
  });

  test("test mode is refused in production", () => {
    const env = { NODE_ENV: "production", AUTH_MODE: "firebase", FIREBASE_PROJECT_ID: "nod", QUESTION_PIPELINE_TEST_MODE: "true" };
    expect(problemsOf(env)).toEqual(["QUESTION_PIPELINE_TEST_MODE is for tests: not with NODE_ENV=production"]);
  });
});

describe("traces", () => {
  const collected = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318" };

  test("are nobody's without an endpoint, and when they are switched off", () => {
    expect(readConfig({}).tracing).toBeNull();
    expect(readConfig({ ...collected, OTEL_SDK_DISABLED: "true" }).tracing).toBeNull();
  });

  test.each([
    [{}, 1],
    [{ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" }, 0.25],
    [{ OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: ".5" }, 0.5],
    [{ OTEL_TRACES_SAMPLER: "always_off" }, 0],
  ])("are kept as OpenTelemetry's own variables say: %j", (environment, share) => {
    expect(readConfig({ ...collected, ...environment }).tracing).toMatchObject({ serviceName: "nod", sampledShare: share });
  });

  test("with a share that is none are refused", () => {
    expect(() => readConfig({ ...collected, OTEL_TRACES_SAMPLER_ARG: "many" })).toThrow("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1");
  });
});
