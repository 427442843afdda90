import type { Operation } from "@nod/contract/operations";
import express, { type RequestHandler } from "express";
import { refuse } from "./call.ts";
import { sendProblem } from "./problem-reply.ts";

/** Reads a JSON body of the operation's size; the parser's refusals go on as errors. */
export function readBody(operation: Operation): RequestHandler[] {
  if (operation.body === undefined || operation.maxBodyBytes === undefined) return [];
  const parse = express.json({ limit: operation.maxBodyBytes, strict: false, inflate: false, type: "application/json" });
  const requireJson: RequestHandler = (request, response, next) => {
    const hasBody = request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
    if (!hasBody) return sendProblem(request, response, refuse("malformed_json", { detail: "The body is empty." }));
    // `request.is` also answers for parameters such as charset; a form or plain text needs no preflight, so it is refused.
    if (request.is("application/json") === false) return sendProblem(request, response, refuse("unsupported_media_type"));
    next();
  };
  return [requireJson, parse];
}
