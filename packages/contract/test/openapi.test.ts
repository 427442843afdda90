import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { hubProblemText, readHubProblem } from "../src/hub-problem.ts";
import { openApiDocument } from "../src/openapi.ts";
import { operations, problemsOf } from "../src/operations.ts";
import { problemCatalogue } from "../src/problem-catalogue.ts";
import { ProblemCode } from "../src/problem.ts";
import { schemaFiles } from "../src/schema-files.ts";

const folder = join(import.meta.dirname, "../schemas");
const defaultPaperConfig = {
  version: 1,
  enabled: true,
  mode: "paper",
  data_inputs: [{ id: "primary_watchlist", source: "alpaca", asset_class: "us_equity", symbols: ["SPY"], feed: "iex", poll_interval_seconds: 60, metrics: ["last_trade"] }],
  rules: [],
  guardrails: { max_orders_per_day: 3, max_notional_usd_per_4h: 100, require_question_before_order: true, symbols_blocklist: [] },
};

describe("the OpenAPI document", () => {
  test("is valid OpenAPI 3.1", async () => {
    const validator = new Validator();
    const result = await validator.validate(openApiDocument());
    expect(result).toMatchObject({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  test("holds every call once, each with its problems under their statuses", () => {
    const paths = openApiDocument()["paths"];
    const described = Object.entries(paths ?? {}).flatMap(([path, methods]) => Object.entries(methods ?? {}).map(([method, each]) => ({ path, method, each })));
    expect(described.map(({ path, method }) => `${method} ${path}`).sort()).toEqual(Object.values(operations).map(({ method, path }) => `${method} ${path}`).sort());
    expect(problemsOf(operations.answerQuestion).map((code) => problemCatalogue[code].status).sort()).toEqual([400, 401, 404, 409, 409, 413, 415, 422, 429, 500, 503]);
  });

  test("names each schema once and refers to nothing that is not there", () => {
    const text = JSON.stringify(openApiDocument());
    const known = new Set(Object.keys(Object(Object(openApiDocument()["components"]).schemas)));
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([A-Za-z]+)"/g)) expect(known).toContain(name);
    expect(text).not.toContain('"$id"');
    expect(text.length).toBeLessThan(140_000);
  });
});

describe("the JSON Schema files", () => {
  test("are what the contract says today (npm run schemas -w @nod/contract)", async () => {
    const written = new Map<string, string>();
    for (const name of await readdir(folder)) written.set(name, await readFile(join(folder, name), "utf8"));
    expect(Object.fromEntries(written)).toEqual(Object.fromEntries(schemaFiles()));
  });

  test("stand alone: each compiles by itself in a strict validator", () => {
    for (const text of schemaFiles().values()) {
      const ajv = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true });
      addFormats.default(ajv);
      expect(ajv.compile(JSON.parse(text))).toBeTypeOf("function");
    }
  });

  test("accept a config document and refuse one with an unknown key", () => {
    const ajv = new Ajv2020({ strict: true, strictTypes: false });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse(schemaFiles().get("TradingConfig.schema.json") ?? ""));
    expect(validate(defaultPaperConfig)).toBe(true);
    expect(validate({ ...defaultPaperConfig, leverage: 3 })).toBe(false);
  });
});

describe("a problem told over the hub", () => {
  test("is read back from the message that SignalR's client makes of it, for every code", () => {
    for (const code of ProblemCode.enum) {
      const message = `An unexpected error occurred invoking 'AnswerQuestion' on the server. HubException: ${hubProblemText(code, "It is so: really.")}`;
      expect(readHubProblem(message)).toEqual({ code, detail: "It is so: really." });
    }
  });

  test("is not mistaken for another error", () => {
    expect(readHubProblem("Server timeout elapsed without receiving a message from the server.")).toBeNull();
    expect(readHubProblem("An unexpected error occurred invoking 'Sync' on the server. HubException: no_such_code: x")).toBeNull();
  });
});
