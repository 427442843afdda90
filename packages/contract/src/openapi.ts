import type { TObject, TSchema } from "typebox";
import { operations, problemsOf, type Operation } from "./operations.ts";
import { problemCatalogue } from "./problem-catalogue.ts";
import { Problem, type ProblemCode } from "./problem.ts";
import { withReferences, type JsonObject } from "./schema-references.ts";

const componentPrefix = "#/components/schemas/";

/** The OpenAPI 3.1 document of all calls in {@link operations}; JSON, and the same at each call. */
export function openApiDocument(): JsonObject {
  const schemas = new Map<string, JsonObject>();
  const paths: Record<string, JsonObject> = {};
  for (const [operationId, operation] of Object.entries<Operation>(operations)) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operationId, operation, schemas) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Nod",
      version: "1",
      description:
        "Nod asks before it trades. Errors are RFC 9457 problems with a stable `code`; `instance` is the request's id as it stands in the logs. " +
        "Money, prices and quantities are decimal text. The hub at `/hubs/questions` (SignalR) pushes questions and order updates.",
    },
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => a.localeCompare(b, "en"))),
      securitySchemes: {
        user: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "A Firebase ID token; with AUTH_MODE=local, a token of POST /v1/dev/session." },
        operator: { type: "http", scheme: "bearer", description: "The operator's token, when one is set." },
      },
    },
  };
}

function describe(operationId: string, operation: Operation, schemas: Map<string, JsonObject>): JsonObject {
  const reference = (schema: TSchema): JsonObject => withReferences(schema, componentPrefix, schemas);
  const parameters = [
    ...describeParameters("path", operation.params, reference),
    ...describeParameters("query", operation.query, reference),
    ...(operation.revisioned === true && operation.body !== undefined
      ? [{ name: "If-Match", in: "header", required: false, schema: { type: "string" }, description: "The ETag of the revision that is to be replaced." }]
      : []),
  ];
  return {
    operationId,
    summary: operation.summary,
    ...(operation.description !== undefined && { description: operation.description }),
    security: operation.auth === "user" ? [{ user: [] }] : operation.auth === "operator" ? [{}, { operator: [] }] : [],
    ...(parameters.length > 0 && { parameters }),
    ...(operation.body !== undefined && {
      requestBody: { required: true, content: { "application/json": { schema: reference(operation.body) } } },
    }),
    responses: { ...describeSuccess(operation, reference), ...describeProblems(operation, reference) },
  };
}

type Reference = (schema: TSchema) => JsonObject;

function describeParameters(place: "path" | "query", schema: TObject | undefined, reference: Reference): JsonObject[] {
  if (schema === undefined) return [];
  const required = new Set<string>(schema.required);
  return Object.entries(schema.properties).map(([name, each]) => ({ name, in: place, required: required.has(name), schema: reference(each) }));
}

function describeSuccess(operation: Operation, reference: Reference): JsonObject {
  const success: JsonObject = {
    description: operation.summary,
    ...(operation.revisioned === true && { headers: { ETag: { schema: { type: "string" }, description: "The revision, in quotes." } } }),
    content: { [operation.contentType ?? "application/json"]: { schema: reference(operation.response) } },
  };
  return Object.fromEntries([200, ...(operation.alsoAnswers ?? [])].map((status) => [String(status), success]));
}

const retryAfter: JsonObject = { "Retry-After": { schema: { type: "integer" }, description: "Seconds until another attempt makes sense." } };

function describeProblems(operation: Operation, reference: Reference): JsonObject {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of problemsOf(operation)) {
    const { status } = problemCatalogue[code];
    if (operation.alsoAnswers?.includes(status) === true) continue;
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\`: ${problemCatalogue[code].title}.`).join(" "),
        ...((status === 429 || status === 503) && { headers: retryAfter }),
        content: { "application/problem+json": { schema: reference(Problem) } },
      },
    ]),
  );
}
