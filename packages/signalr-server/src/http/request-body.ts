import type { IncomingMessage } from "node:http";

/** A POST body is larger than the path takes. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
}

/**
 * Reads a whole body.
 *
 * @throws BodyTooLargeError as soon as it exceeds the limit; Error when the client gives up half-way.
 */
export async function readBody(request: IncomingMessage, maximumBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    // oxlint-disable-next-line typescript/no-unsafe-argument, typescript/no-unsafe-assignment -- without an encoding a request gives buffers
    const part: Buffer = chunk;
    bytes += part.length;
    if (bytes > maximumBytes) throw new BodyTooLargeError(`The maximum message size of ${maximumBytes}B was exceeded.`);
    chunks.push(part);
  }
  return Buffer.concat(chunks, bytes);
}
