/** What is deployed by is kept honest: every name in it is one that Nod reads, every file in it is there. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv, promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { readConfig } from "../../src/config.ts";

const root = join(import.meta.dirname, "../../..");
const read = (path: string): Promise<string> => readFile(join(root, path), "utf8");

type Service = {
  image: string; environment?: Record<string, string>; secrets?: (string | { source: string })[]; read_only?: boolean; cap_drop?: string[]; security_opt?: string[]; mem_limit?: string;
  cpus?: number; pids_limit?: number; command?: string[]; volumes?: string[]; networks?: string[];
};
type Compose = { services: Record<string, Service>; secrets: Record<string, { file: string }>; networks: Record<string, unknown>; volumes: Record<string, unknown> };

const compose: Compose = parse(await read("compose.yaml"), { merge: true });
const known = new Set([...(await read("server/.env.example")).matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name));
const ours = Object.entries(compose.services).filter(([, { image }]) => image.startsWith("nod:"));
/** What a worker that is told this makes of it. */
const readConfigOf = (environment: Record<string, string>): ReturnType<typeof readConfig> =>
  readConfig({ ...environment, NODE_ENV: "production", DATABASE_URL: "postgres://nod", FIREBASE_PROJECT_ID: "nod", PUBLIC_ORIGIN: "https://nod.example", ALPACA_API_KEY_ID: "key", ALPACA_API_SECRET_KEY: "secret", ALPACA_TRADING_BASE_URL: undefined, ALPACA_DATA_BASE_URL: undefined, ALPACA_TRADING_STREAM_URL: undefined, ALPACA_DATA_STREAM_URL: undefined, ALPACA_DATA_FEED: undefined, ALPACA_REQUESTS_PER_MINUTE: undefined });
const unknownOf = (names: Iterable<string>): string[] => [...names].filter((name) => !known.has(name));

describe("compose.yaml", () => {
  test("has PostgreSQL, one step that prepares it, two processes of each role, and a proxy", () => {
    const roles = ours.flatMap(([, { environment }]) => environment?.["ROLE"] ?? []);
    expect(roles.toSorted()).toEqual(["web", "web", "worker", "worker"]);
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(["postgres", "migrate", "proxy"]));
    expect(compose.services["postgres"]?.image).toBe("postgres:18");
  });

  test("tells processes only what Nod reads, and nothing secret by the environment", () => {
    const told = ours.flatMap(([, { environment = {} }]) => Object.keys(environment));
    expect(told.length).toBeGreaterThan(0);
    expect(unknownOf(told)).toEqual([]);
    expect(told.filter((each) => /SECRET|PASSWORD|TOKEN|KEY_ID|DATABASE/.test(each))).toEqual([]);
  });

  test.each(Object.keys(compose.services))("%s writes nowhere but to what is given it, has no capability, and is bounded", (name) => {
    const service = compose.services[name];
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    for (const limit of [service?.mem_limit, service?.cpus, service?.pids_limit]) expect(limit).toBeDefined();
  });

  test("names secrets and networks that it has, files that are there, and programs that are", async () => {
    for (const { secrets = [], networks = [], volumes = [], command = [] } of Object.values(compose.services)) {
      for (const secret of secrets) expect(Object.keys(compose.secrets)).toContain(typeof secret === "string" ? secret : secret.source);
      for (const network of networks) expect(Object.keys(compose.networks)).toContain(network);
      const files = [...volumes.filter((volume) => volume.startsWith("./")).map((volume) => volume.split(":")[0] ?? ""), ...command.filter((word) => word.endsWith(".ts"))];
      expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    }
    const upstreams = [...(await read("ops/proxy/nginx.conf")).matchAll(/^\s*server (\S+):(\d+) /gm)].map(([, host, port]) => `${host}:${port}`);
    expect(upstreams).toEqual(ours.filter(([, { environment }]) => environment?.["ROLE"] === "web").map(([name]) => `${name}:8080`));
  });

  test("has a volume for the archives of the log, which all workers share and nobody else has, in a folder that is Nod's own", async () => {
    const mounts = Object.entries(compose.services).flatMap(([name, { volumes = [] }]) => volumes.filter((volume) => !volume.startsWith("./")).map((volume) => ({ name, volume })));
    for (const { volume } of mounts) expect(Object.keys(compose.volumes)).toContain(volume.split(":")[0]);
    const workers = ours.filter(([, { environment }]) => environment?.["ROLE"] === "worker");
    const archives = mounts.filter(({ name }) => name !== "postgres");
    expect(archives.map(({ name }) => name)).toEqual(workers.map(([name]) => name));
    expect(new Set(archives.map(({ volume }) => volume)).size).toBe(1);
    const folder = archives[0]?.volume.split(":")[1] ?? "";
    for (const [, { environment = {} }] of workers) expect(readConfigOf({ ...environment, RETENTION_EVENTS_MONTHS: "" }).retention).toMatchObject({ eventsMonths: null, archiveFolder: folder });
    expect((await read("Dockerfile")).split("\n").some((line) => line.startsWith("RUN install -d -o node -g node ") && line.split(" ").includes(folder))).toBe(true);
  });

  test("finds its secrets where they are made: readable configs for each process, and not twice the same password", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nod-secrets-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const make = (): Promise<unknown> => promisify(execFile)(process.execPath, [join(root, "bin/make-secrets.mjs"), join(folder, "made")]);
    await make();
    const made = await readdir(join(folder, "made"));
    const wanted = Object.values(compose.secrets).map(({ file }) => file.replace("ops/secrets/", ""));
    // A certificate is for somebody else to give; the operator's own token is for whoever watches.
    expect(made.toSorted()).toEqual([...wanted.filter((name) => !name.startsWith("tls.")), "operator.token"].toSorted());
    expect((await stat(join(folder, "made"))).mode & 0o077).toBe(0);
    const contents = new Map(await Promise.all(made.map(async (name) => [name, await readFile(join(folder, "made", name), "utf8")] as const)));
    const passwords = made.filter((name) => name.endsWith(".password")).map((name) => contents.get(name));
    expect(new Set(passwords).size).toBe(passwords.length);
    for (const [name, content] of [...contents].filter(([each]) => each.endsWith(".env"))) {
      const told = parseEnv(content);
      expect(unknownOf(Object.keys(told))).toEqual([]);
      const role = name === "migrate.env" ? "all" : name.replace(".env", "");
      const keys = role === "worker" ? { ALPACA_API_KEY_ID: "key", ALPACA_API_SECRET_KEY: "secret" } : {};
      expect(readConfig({ ...told, ...keys, ROLE: role, NODE_ENV: "production", AUTH_MODE: "firebase", FIREBASE_PROJECT_ID: "nod" }).databaseOwnerUrl === null).toBe(name !== "migrate.env");
    }
    await make();
    for (const [name, content] of contents) expect(await readFile(join(folder, "made", name), "utf8")).toBe(content);
  });
});

describe("the Dockerfile", () => {
  test("copies what there is, sets what Nod reads, and runs as nobody in particular", async () => {
    const dockerfile = await read("Dockerfile");
    const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) => (files ?? "").split(" "));
    expect(sources.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    const environment = /^ENV (.+?)$(?!\n\s{4})/ms.exec(dockerfile)?.[1] ?? "";
    const names = [...environment.matchAll(/([A-Z_]+)=/g)].map(([, name]) => name ?? "");
    expect(names.length).toBeGreaterThan(0);
    expect(unknownOf(names)).toEqual([]);
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    // Whoever starts the image without compose has the schema prepared by somebody else all the same.
    expect(names).toContain("MIGRATE_AT_START");
  });
});

describe("the units for systemd", async () => {
  const units = (await readdir(join(root, "ops/systemd"))).filter((name) => name.endsWith(".service"));

  test.each(units)("%s tells what Nod reads, starts a program that is there, and may do little", async (name) => {
    const unit = await read(`ops/systemd/${name}`);
    const environment = [...unit.matchAll(/^Environment=(.+)$/gm)].flatMap(([, line]) => (line ?? "").split(" ").map((pair) => pair.split("=")[0] ?? ""));
    expect(unknownOf(environment)).toEqual([]);
    const program = /^ExecStart=.*?(\S+\.ts)$/m.exec(unit)?.[1] ?? "";
    expect(existsSync(join(root, program))).toBe(true);
    const folders = /^StateDirectory=(.+)$/m.exec(unit)?.[1]?.split(" ").map((folder) => `/var/lib/${folder}`) ?? [];
    const [, written] = /^Environment=.*RETENTION_ARCHIVE_DIR=(\S+)/m.exec(unit) ?? [];
    // Who writes archives writes them where all of his kind do, and may.
    expect(written !== undefined).toBe(unit.includes("ROLE=worker"));
    if (written !== undefined) expect([folders.includes(written), written.includes("%"), /^User=\S+$/m.test(unit)]).toEqual([true, false, true]);
    for (const line of ["DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes", "CapabilityBoundingSet=", "SystemCallFilter=@system-service"]) {
      expect(unit.split("\n")).toContain(line);
    }
  });
});
