import type { Operation } from "@nod/contract/operations";
import type { ProblemError } from "@nod/contract/problem";
import { compileValidator } from "@nod/contract/validators";
import type { Request } from "express";
import type { TObject } from "typebox";
import { refuse, type Refusal } from "./call.ts";

export type Input = { kind: "input"; params: unknown; query: unknown; body: unknown };

/** Compiles the operation's schemas once; the returned function never throws. */
export function compileInput(operation: Operation): (request: Request) => Input | Refusal {
  const params = operation.params && compileValidator(operation.params);
  const query = operation.query && compileValidator(operation.query);
  const body = operation.bodyCheckedByService === true ? undefined : operation.body && compileValidator(operation.body);

  return (request) => {
    // What is not even an id names nothing that there is.
    if (params?.(request.params).ok === false) return refuse("not_found");
    const errors: ProblemError[] = [];
    const typedQuery = operation.query ? withNumbers(operation.query, request.query) : undefined;
    for (const checked of [query?.(typedQuery), body?.(request.body)]) if (checked?.ok === false) errors.push(...checked.errors);
    if (errors.length > 0) return refuse("validation_failed", { errors });
    return { kind: "input", params: request.params, query: typedQuery, body: request.body };
  };
}

/** A query string knows only text: what the schema wants as an integer and looks like one, becomes one. */
function withNumbers(schema: TObject, query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => {
      const described = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
      const isInteger = described !== undefined && "type" in described && described.type === "integer";
      return [name, isInteger && typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value];
    }),
  );
}
