import { createHash, timingSafeEqual } from "node:crypto";
import { operations, type Operation, type OperationId } from "@nod/contract/operations";
import { Router, type RequestHandler, type Response } from "express";
import { refuse, type Call, type Handlers, type Reply } from "./call.ts";
import { isFromThisMachine } from "./loopback.ts";
import { readBody } from "./operation-body.ts";
import { compileInput } from "./operation-input.ts";
import { sendProblem } from "./problem-reply.ts";
import { contextOf } from "./request-context.ts";

/** What stands before a handler, by who may call. */
export type Gates = Readonly<Record<Operation["auth"], readonly RequestHandler[]>>;

/** One route for each operation of the contract; a handler that is missing is a type error. */
export function operationRouter(handlers: Handlers, gates: Gates): Router {
  return routesOf(Object.keys(operations).filter((name): name is OperationId => Object.hasOwn(operations, name)), handlers, gates);
}

/** Of some of the operations only. */
export function routesOf<Id extends OperationId>(ids: readonly Id[], handlers: Pick<Handlers, Id>, gates: Gates): Router {
  const router = Router({ caseSensitive: true, strict: true });
  for (const id of ids) addRoute(router, id, operations[id], handlers, gates);
  return router;
}

function addRoute<Id extends OperationId>(router: Router, id: Id, operation: Operation, handlers: Pick<Handlers, Id>, gates: Gates): void {
  const readInput = compileInput(operation);
  const announce: RequestHandler = (request, _response, next) => {
    contextOf(request).operationId = id;
    next();
  };
  const run: RequestHandler = async (request, response) => {
    const input = readInput(request);
    if (input.kind === "refusal") return sendProblem(request, response, input);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the operation's own validators have just said so
    const call = {
      uid: contextOf(request).uid ?? "",
      params: input.params,
      query: input.query,
      body: input.body,
      ifMatch: operation.revisioned === true ? revisionOf(request.headers["if-match"]) : null,
      fromThisMachine: isFromThisMachine(request),
      requestId: contextOf(request).id,
    } as Call<Id>;
    const outcome = await handlers[id](call);
    if (outcome.kind === "refusal") sendProblem(request, response, outcome);
    else sendReply(response, operation, outcome);
  };
  router[operation.method](expressPath(operation.path), announce, ...gates[operation.auth], ...readBody(operation), run);
}

const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

function sendReply(response: Response, operation: Operation, reply: Reply<OperationId>): void {
  if (response.headersSent) return; // the deadline was quicker
  response.statusCode = reply.status ?? 200;
  if (reply.revision !== undefined) response.setHeader("ETag", `"${reply.revision}"`);
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("Content-Type", operation.contentType ?? "application/json");
  response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
}

/**
 * The revision in an `If-Match` (RFC 9110 section 13.1.1). Only one is ever handed out, so a list is matched by its
 * first; what is no entity tag is taken as it stands and matches nothing.
 */
function revisionOf(ifMatch: string | undefined): string | null {
  if (ifMatch === undefined || ifMatch.trim() === "*") return null;
  return /^\s*(?:W\/)?"([^"]*)"/.exec(ifMatch)?.[1] ?? ifMatch.trim();
}

/** For loopback while no operator token is set; with one, for its bearer. Others do not learn that there is anything. */
export function operatorGate(operatorToken: string | null): RequestHandler {
  const isOperatorToken = operatorToken === null ? null : comparing(operatorToken);
  return (request, response, next) => {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const allowed = isOperatorToken === null ? isFromThisMachine(request) : token !== undefined && isOperatorToken(token);
    if (allowed) return next();
    sendProblem(request, response, refuse("not_found"));
  };
}

/** Compares in the same time, however much of it is right. */
function comparing(secret: string): (token: string) => boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  const expected = digest(secret);
  return (token) => timingSafeEqual(digest(token), expected);
}
