/**
 * Calls the app over a real socket and holds every answer against the contract: its status, its media type and its body
 * must be among what the operation of that path promises. A test that calls through it tests that too.
 */
import type { Server } from "node:http";
import { operations, problemsOf, type Operation } from "@nod/contract/operations";
import { problemCatalogue } from "@nod/contract/problem-catalogue";
import { Problem } from "@nod/contract/problem";
import { compileValidator, type Validated } from "@nod/contract/validators";
import request from "supertest";
import { expect } from "vitest";

export type Sent = { token?: string; body?: unknown; headers?: Record<string, string> };
export type Answered = { status: number; headers: Readonly<Record<string, string | undefined>>; body: unknown; text: string };

type Checked = { operation: Operation; path: RegExp; validate: (body: unknown) => Validated<unknown> };
const checkedOperations: Checked[] = Object.values<Operation>(operations).map((operation) => ({
  operation,
  path: new RegExp(`^${operation.path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  validate: compileValidator(operation.response),
}));
const validateProblem = compileValidator(Problem);

export async function call(server: Server, methodAndPath: string, sent: Sent = {}): Promise<Answered> {
  const [method = "", path = ""] = methodAndPath.split(" ");
  const verb = method.toLowerCase();
  if (verb !== "get" && verb !== "post" && verb !== "put" && verb !== "delete") throw new Error(`not a method of these tests: ${method}`);
  const pending = request(server)[verb](path).set(sent.headers ?? {});
  if (sent.token !== undefined) pending.set("Authorization", `Bearer ${sent.token}`);
  const response = await (sent.body === undefined ? pending : pending.send(typeof sent.body === "string" ? sent.body : JSON.stringify(sent.body)).set("Content-Type", sent.headers?.["Content-Type"] ?? "application/json"));
  const body: unknown = response.type.endsWith("json") ? JSON.parse(response.text) : response.text;
  const answered: Answered = { status: response.status, headers: response.headers, body, text: response.text };
  expectToKeepContract(verb, path.split("?")[0] ?? "", answered);
  return answered;
}

function expectToKeepContract(method: string, path: string, { status, headers, body }: Answered): void {
  expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
  const found = checkedOperations.find((each) => each.operation.method === method && each.path.test(path));
  const mediaType = headers["content-type"]?.split(";")[0];
  if (status < 400 || found?.operation.alsoAnswers?.includes(status) === true) {
    if (found === undefined) return; // the client's files
    expect([200, ...(found.operation.alsoAnswers ?? [])]).toContain(status);
    expect(mediaType).toBe(found.operation.contentType ?? "application/json");
    expect(found.validate(body)).toMatchObject({ ok: true });
    if (found.operation.revisioned === true) expect(headers["etag"]).toBeDefined();
    return;
  }
  expect(mediaType).toBe("application/problem+json");
  const problem = validateProblem(body);
  if (!problem.ok) throw new Error(`not a problem: ${JSON.stringify(body)}`);
  const { code, title, instance } = problem.value;
  expect(problem.value.status).toBe(status);
  expect({ status, title }).toEqual(problemCatalogue[code]);
  expect(instance).toBe(headers["x-request-id"]);
  expect(found === undefined ? ["not_found"] : problemsOf(found.operation)).toContain(code);
}
