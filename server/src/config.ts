import { join } from "node:path";
import type { Feed } from "@nod/contract/primitives";
import { NotADecimalError, usd, type Usd } from "./core/decimal.ts";
import { brokerEnvironmentOf, type AlpacaSettings, type BrokerEnvironment } from "./alpaca/settings.ts";

/** The stream of stocks' market data, and the feed that it is of. */
export type DataStreamConfig = { url: string; feed: Exclude<Feed, "crypto_us"> };

export type Broker = { kind: "alpaca"; alpaca: AlpacaSettings; dataStream: DataStreamConfig; environment: BrokerEnvironment } | { kind: "simulator" } | { kind: "test" };

/** What a process without workers knows of the broker: that the workers reach it. It needs no keys. */
export type BrokerElsewhere = { kind: "elsewhere"; reached: "alpaca" | "test"; environment: BrokerEnvironment };

/** What a process does: serve people, look at the market and send orders, or both. */
export type Role = "all" | "web" | "worker";

/** `web`: Firebase's public settings for the browser; null: clients sign in by other means and no push is sent. */
export type AuthSettings = { mode: "local" } | { mode: "firebase"; projectId: string; emulatorHost: string | null; web: FirebaseWeb | null };

/** Pushes need the last two. */
export type FirebaseWeb = { apiKey: string; appId: string; messagingSenderId: string | null; vapidKey: string | null };

/** `sampledShare`: which part of all traces is kept, 0 to 1. */
export type TracingSettings = { serviceName: string; sampledShare: number; maxQueuedSpans: number; sendEveryMs: number };

/** Everything that Nod reads from its environment, once, at the start. */
export type Config = {
  role: Role;
  host: string;
  port: number;
  logLevel: string;
  isProduction: boolean;
  /** Where the embedded database, the simulator's book and local keys live. */
  dataFolder: string;
  /** Null: the embedded PostgreSQL. */
  databaseUrl: string | null;
  /** Works for all users; null: `databaseUrl` does. */
  databaseWorkerUrl: string | null;
  /** Runs the migrations; null: `databaseUrl` does. */
  databaseOwnerUrl: string | null;
  /** Off: another step has done it, and this process needs nobody's address who owns the schema. */
  migratesAtStart: boolean;
  auth: AuthSettings;
  /** Who bears it may read `/metrics` from elsewhere; null: this machine only. */
  operatorToken: string | null;
  /** Proxies in front whose `X-Forwarded-For` is believed. */
  trustedProxies: number;
  /** Of this process: requests and WebSocket upgrades of one address a minute; hub connections, in all and of one address. */
  webLimits: { perAddressPerMinute: number; hubConnections: number; hubConnectionsPerAddress: number };
  /** Where clients reach this server, when that is not what their `Host` header says. */
  publicOrigin: string | null;
  /** `elsewhere` with the role `web` and with no other. */
  broker: Broker | BrokerElsewhere;
  allowLive: boolean;
  /** Off: nothing is asked; what is at the broker is still followed. */
  questionWorkerEnabled: boolean;
  questionWorkerIntervalMs: number;
  /** Into how many parts users are split over the workers; the same in all of them. */
  shards: number;
  /** Off: no order is sent, whatever is approved. */
  tradingEnabled: boolean;
  ingestEnabled: boolean;
  evalEnabled: boolean;
  retention: Retention;
  /** Null: nobody collects traces, and nothing is loaded or done for them. Where they go the exporter reads itself (OTEL_EXPORTER_OTLP_*). */
  tracing: TracingSettings | null;
  /** The operator's caps, above every user's own limits. */
  caps: { maxOrderNotionalUsd: Usd; maxOrdersPerDay: number; maxNotionalUsdPer4h: Usd };
};

/** How long what grows with time is kept. What is counted in days is dropped; months of the log are written to files first. */
export type Retention = {
  marketDataDays: number;
  /** Null: for ever. */
  eventsMonths: number | null;
  /** Bars of a minute; those that somebody's rules want stay in any case. */
  barsDays: number;
  /** Acknowledged messages. */
  outboxDays: number;
  devicesDays: number;
  archiveFolder: string;
};

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the environment does not fit:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const loopbackHosts: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * Reads and checks the whole environment.
 * @throws ConfigError naming every variable that does not fit, never a secret's value.
 */
export function readConfig(env: Environment): Config {
  const read = reader(env);
  const role = read.oneOf("ROLE", "all", ["all", "web", "worker"]);
  const isProduction = env["NODE_ENV"] === "production";
  const host = read.text("HOST", "127.0.0.1");
  const testMode = read.boolean("QUESTION_PIPELINE_TEST_MODE", false);
  const allowLive = read.boolean("ALPACA_ALLOW_LIVE", false);
  const config: Config = {
    role,
    host,
    port: read.integer("PORT", 8080, 0, 65_535),
    logLevel: read.oneOf("LOG_LEVEL", "warn", ["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
    isProduction,
    dataFolder: read.text("DATA_DIR", ".data"),
    databaseUrl: read.url("DATABASE_URL", null, ["postgres:", "postgresql:"]),
    databaseWorkerUrl: read.url("DATABASE_WORKER_URL", null, ["postgres:", "postgresql:"]),
    databaseOwnerUrl: read.url("DATABASE_OWNER_URL", null, ["postgres:", "postgresql:"]),
    migratesAtStart: read.boolean("MIGRATE_AT_START", true),
    auth: readAuth(read, { isProduction, host, emulatorHost: read.optional("FIREBASE_AUTH_EMULATOR_HOST") }),
    operatorToken: readOperatorToken(read),
    trustedProxies: read.integer("TRUSTED_PROXIES", 0, 0, 10),
    webLimits: {
      perAddressPerMinute: read.integer("LIMIT_REQUESTS_PER_ADDRESS_PER_MINUTE", 3_000, 10, 1_000_000),
      hubConnections: read.integer("LIMIT_HUB_CONNECTIONS", 20_000, 1, 100_000),
      hubConnectionsPerAddress: read.integer("LIMIT_HUB_CONNECTIONS_PER_ADDRESS", 1_000, 1, 100_000),
    },
    publicOrigin: readOrigin(read),
    broker: brokerFor(role, testMode ? { kind: "test" } : readBroker(read, allowLive)),
    allowLive,
    questionWorkerEnabled: read.boolean("QUESTION_WORKER_ENABLED", true),
    questionWorkerIntervalMs: read.integer("QUESTION_WORKER_INTERVAL_SECONDS", 60, 1, 3_600) * 1_000,
    shards: read.integer("TRADING_SHARDS", 1, 1, 64),
    tradingEnabled: read.boolean("TRADING_ENABLED", true),
    ingestEnabled: read.boolean("TRADING_WORKER_INGEST_ENABLED", true),
    evalEnabled: read.boolean("TRADING_WORKER_EVAL_ENABLED", true),
    retention: readRetention(read),
    tracing: readTracing(read),
    caps: {
      maxOrderNotionalUsd: read.usd("TRADING_CAP_MAX_ORDER_NOTIONAL_USD", "1000"),
      maxOrdersPerDay: read.integer("TRADING_CAP_MAX_ORDERS_PER_DAY", 20, 0, 1_000),
      maxNotionalUsdPer4h: read.usd("TRADING_CAP_MAX_NOTIONAL_USD_PER_4H", "5000"),
    },
  };
  if (role !== "all") refuseWhatIsNotShared(read, role, config);
  if (testMode && isProduction) read.problem("QUESTION_PIPELINE_TEST_MODE is for tests: not with NODE_ENV=production");
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  return deepFreeze(config);
}

/** A process without workers forgets the keys. */
function brokerFor(role: Role, broker: Broker): Config["broker"] {
  if (role !== "web") return broker;
  return { kind: "elsewhere", reached: broker.kind === "test" ? "test" : "alpaca", environment: broker.kind === "alpaca" ? broker.environment : "paper" };
}

/** Several processes meet in a database and at a broker; what one process starts for itself the others cannot reach. */
function refuseWhatIsNotShared(read: Reader, role: "web" | "worker", { broker, databaseUrl }: Config): void {
  if (databaseUrl === null) read.problem(`ROLE=${role} needs DATABASE_URL: the embedded database belongs to one process, that of ROLE=all`);
  if (broker.kind === "simulator") {
    read.problem(
      "ROLE=worker needs ALPACA_API_KEY_ID and ALPACA_API_SECRET_KEY: the built-in simulator belongs to one process, that of ROLE=all. " +
        "To try several processes, start packages/alpaca-simulator/src/main.ts and point the ALPACA_…_URL variables at it, or set QUESTION_PIPELINE_TEST_MODE=true",
    );
  }
}

function readAuth(read: Reader, at: { isProduction: boolean; host: string; emulatorHost: string | null }): AuthSettings {
  const mode = read.oneOf("AUTH_MODE", "local", ["local", "firebase"]);
  if (mode === "local") {
    if (at.isProduction) read.problem("AUTH_MODE=local lets anyone be anyone: not with NODE_ENV=production");
    if (!loopbackHosts.has(at.host)) read.problem(`AUTH_MODE=local serves this machine only: HOST must be a loopback address, not ${at.host}`);
    return { mode };
  }
  if (at.isProduction && at.emulatorHost !== null) read.problem("FIREBASE_AUTH_EMULATOR_HOST makes every token valid: not with NODE_ENV=production");
  const projectId = read.text("FIREBASE_PROJECT_ID", "");
  if (projectId === "") read.problem("FIREBASE_PROJECT_ID is needed with AUTH_MODE=firebase");
  return { mode, projectId, emulatorHost: at.emulatorHost, web: readFirebaseWeb(read) };
}

function readFirebaseWeb(read: Reader): FirebaseWeb | null {
  const apiKey = read.optional("FIREBASE_WEB_API_KEY");
  const appId = read.optional("FIREBASE_WEB_APP_ID");
  const messagingSenderId = read.optional("FIREBASE_MESSAGING_SENDER_ID");
  const vapidKey = read.optional("FIREBASE_VAPID_KEY");
  if ((apiKey === null) !== (appId === null)) read.problem("FIREBASE_WEB_API_KEY and FIREBASE_WEB_APP_ID go together");
  if ((messagingSenderId === null) !== (vapidKey === null)) read.problem("FIREBASE_MESSAGING_SENDER_ID and FIREBASE_VAPID_KEY go together");
  if (apiKey === null || appId === null) {
    if (vapidKey !== null) read.problem("FIREBASE_VAPID_KEY needs FIREBASE_WEB_API_KEY and FIREBASE_WEB_APP_ID");
    return null;
  }
  return { apiKey, appId, messagingSenderId, vapidKey };
}

/** The least of each is what something still reads: the database refuses less of facts and of the log, previews look at forty sessions. */
const readRetention = (read: Reader): Retention => ({
  marketDataDays: read.integer("RETENTION_MARKET_DATA_DAYS", 30, 7, 3_660),
  eventsMonths: read.optional("RETENTION_EVENTS_MONTHS") === null ? null : read.integer("RETENTION_EVENTS_MONTHS", 3, 3, 1_200),
  barsDays: read.integer("RETENTION_BARS_DAYS", 90, 80, 3_660),
  outboxDays: read.integer("RETENTION_OUTBOX_DAYS", 3, 1, 3_660),
  devicesDays: read.integer("RETENTION_DEVICES_DAYS", 180, 30, 3_660),
  archiveFolder: read.text("RETENTION_ARCHIVE_DIR", join(read.text("DATA_DIR", ".data"), "archive")),
});

/** Short secrets are guessed. */
const shortestOperatorToken = 24;

function readOperatorToken(read: Reader): string | null {
  const token = read.optional("OPERATOR_TOKEN");
  if (token !== null && token.length < shortestOperatorToken) read.problem(`OPERATOR_TOKEN must have at least ${shortestOperatorToken} characters`);
  return token;
}

function readOrigin(read: Reader): string | null {
  const url = read.url("PUBLIC_ORIGIN", null, ["https:", "http:"]);
  return url === null ? null : new URL(url).origin;
}

function readBroker(read: Reader, allowLive: boolean): Broker {
  const keyId = read.text("ALPACA_API_KEY_ID", "");
  const secretKey = read.text("ALPACA_API_SECRET_KEY", "");
  if ((keyId === "") !== (secretKey === "")) read.problem("ALPACA_API_KEY_ID and ALPACA_API_SECRET_KEY go together");
  const tradingBaseUrl = read.url("ALPACA_TRADING_BASE_URL", "https://paper-api.alpaca.markets", ["https:", "http:"]);
  const dataBaseUrl = read.url("ALPACA_DATA_BASE_URL", "https://data.alpaca.markets", ["https:", "http:"]);
  const defaultStream = tradingBaseUrl.replace(/^http/, "ws").replace(/\/+$/, "") + "/stream";
  const tradingStreamUrl = read.url("ALPACA_TRADING_STREAM_URL", defaultStream, ["wss:", "ws:"]);
  const feed = read.oneOf("ALPACA_DATA_FEED", "iex", ["iex", "sip", "delayed_sip"]);
  const dataStream = { url: read.url("ALPACA_DATA_STREAM_URL", `wss://stream.data.alpaca.markets/v2/${feed}`, ["wss:", "ws:"]), feed };
  const requestsPerMinute = read.integer("ALPACA_REQUESTS_PER_MINUTE", 200, 10, 100_000);
  const requestTimeoutMs = read.integer("ALPACA_REQUEST_TIMEOUT_MS", 10_000, 500, 60_000);
  if (keyId === "" || secretKey === "") return { kind: "simulator" };

  const environment = brokerEnvironmentOf(tradingBaseUrl);
  if (environment === "live" && !allowLive) read.problem("ALPACA_TRADING_BASE_URL is a live host: real money needs ALPACA_ALLOW_LIVE=true");
  return { kind: "alpaca", environment, dataStream, alpaca: { keyId, secretKey, tradingBaseUrl, dataBaseUrl, tradingStreamUrl, requestsPerMinute, requestTimeoutMs } };
}

/** OpenTelemetry's own variables: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
function readTracing(read: Reader): TracingSettings | null {
  const sampler = read.oneOf("OTEL_TRACES_SAMPLER", "parentbased_always_on", ["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"]);
  const share = read.text("OTEL_TRACES_SAMPLER_ARG", "1");
  if (!/^(?:0|1|0?\.\d{1,9}|1\.0+)$/.test(share)) read.problem("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1");
  const settings: TracingSettings = {
    serviceName: read.text("OTEL_SERVICE_NAME", "nod"),
    sampledShare: sampler.endsWith("always_off") ? 0 : sampler.endsWith("traceidratio") ? Number(share) : 1,
    maxQueuedSpans: read.integer("OTEL_BSP_MAX_QUEUE_SIZE", 2_048, 1, 1_000_000),
    sendEveryMs: read.integer("OTEL_BSP_SCHEDULE_DELAY", 5_000, 10, 600_000),
  };
  const endpoints = [read.url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", null, ["http:", "https:"]), read.url("OTEL_EXPORTER_OTLP_ENDPOINT", null, ["http:", "https:"])];
  const isDisabled = read.boolean("OTEL_SDK_DISABLED", false);
  return isDisabled || endpoints.every((endpoint) => endpoint === null) ? null : settings;
}

type Reader = ReturnType<typeof reader>;

function reader(env: Environment) {
  const problems: string[] = [];
  const given = (name: string): string | undefined => {
    const value = env[name]?.trim();
    return value === "" ? undefined : value;
  };
  return {
    problems,
    problem: (text: string): void => {
      problems.push(text);
    },
    text: (name: string, fallback: string): string => given(name) ?? fallback,
    optional: (name: string): string | null => given(name) ?? null,
    integer(name: string, fallback: number, minimum: number, maximum: number): number {
      const text = given(name);
      if (text === undefined) return fallback;
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      if (value >= minimum && value <= maximum) return value;
      problems.push(`${name} must be a whole number from ${minimum} to ${maximum}`);
      return fallback;
    },
    boolean(name: string, fallback: boolean): boolean {
      const text = given(name);
      if (text === undefined) return fallback;
      if (text === "true" || text === "false") return text === "true";
      problems.push(`${name} must be true or false`);
      return fallback;
    },
    oneOf<const T extends string>(name: string, fallback: T, allowed: readonly T[]): T {
      const text = given(name);
      const found = text === undefined ? fallback : allowed.find((value) => value === text);
      if (found !== undefined) return found;
      problems.push(`${name} must be one of ${allowed.join(", ")}`);
      return fallback;
    },
    usd(name: string, fallback: string): Usd {
      try {
        const amount = usd(given(name) ?? fallback);
        if (!amount.startsWith("-")) return amount;
      } catch (error) {
        if (!(error instanceof NotADecimalError)) throw error;
      }
      problems.push(`${name} must be an amount in dollars`);
      return usd(fallback);
    },
    url<F extends string | null>(name: string, fallback: F, protocols: readonly string[]): string | F {
      const text = given(name);
      if (text === undefined) return fallback;
      if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
      problems.push(`${name} must be an address that starts with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`);
      return fallback;
    },
  };
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
