/**
 * A month of the log as a file: one JSON object a line, compressed by gzip, in the order of the chains and of the places in
 * them. Nothing but the file is needed to compute every hash anew.
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { compileValidator } from "@nod/contract/validators";
import { Type, type Static } from "typebox";
import { nothingBefore, sha256 } from "./event-hash.ts";

const hexadecimal = Type.String({ pattern: "^[0-9a-f]{64}$" });
const nullableText = Type.Union([Type.String(), Type.Null()]);
const ArchivedEvent = Type.Object(
  {
    id: Type.String({ pattern: "^\\d+$" }),
    /** In UTC, with microseconds. */
    at: Type.String({ pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z$" }),
    firebase_uid: nullableText,
    kind: Type.String(),
    question_id: nullableText,
    order_id: nullableText,
    /** JSON as PostgreSQL prints it: what was hashed. */
    data: Type.String(),
    place: Type.Integer({ minimum: 1 }),
    hash_before: hexadecimal,
    hash: hexadecimal,
  },
  { additionalProperties: false },
);
export type ArchivedEvent = Static<typeof ArchivedEvent>;

const readEvent = compileValidator(ArchivedEvent);

/** What an event says, in the canonical form of migration 0007. */
export function saidBy({ at, kind, question_id, order_id, data, firebase_uid }: ArchivedEvent): string {
  const epoch = `${Date.parse(`${at.slice(0, 19)}Z`) / 1_000}.${at.slice(20, 26)}`;
  return [epoch, kind, question_id ?? "", order_id ?? "", data, firebase_uid ?? ""].join("\u001f");
}

/** `digest` is over the hashes of the events, as the database computes it; `fileDigest` is sha256 of the file. */
export type WrittenArchive = { file: string; fileDigest: string; events: number; digest: string };

/** Writes `<name>.ndjson.gz`, which is on the disk and whole when this returns. A file of that name is replaced: its month was never dropped. */
export async function writeArchive(folder: string, name: string, events: AsyncIterable<ArchivedEvent>): Promise<WrittenArchive> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = `${name}.ndjson.gz`;
  const unfinished = join(folder, `${file}.${process.pid}.part`);
  const ofFile = createHash("sha256");
  let count = 0;
  let digest = nothingBefore;
  const lines = async function* (): AsyncGenerator<string> {
    for await (const event of events) {
      count += 1;
      digest = sha256(Buffer.from(digest, "hex"), Buffer.from(event.hash, "hex"));
      yield `${JSON.stringify(event)}\n`;
    }
  };
  try {
    await pipeline(Readable.from(lines()), createGzip(), through(ofFile), createWriteStream(unfinished, { mode: 0o600, flush: true }));
    await rename(unfinished, join(folder, file));
    await syncFolder(folder);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return { file, fileDigest: ofFile.digest("hex"), events: count, digest };
}

const through = (hash: Hash): Transform =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });

/** So that the file's name outlives a loss of power too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws when there is no such file */
export async function digestOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) hash.update(chunk);
  });
  return hash.digest("hex");
}

/** @throws when the file cannot be unpacked, or a line of it is no event */
export async function* readArchive(path: string): AsyncGenerator<ArchivedEvent> {
  for await (const line of linesOf(path)) {
    const event = readEvent(JSON.parse(line));
    if (!event.ok) throw new Error("a line is no event");
    yield event.value;
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const source = createReadStream(path);
  const unpacked = source.pipe(createGunzip()).setEncoding("utf8");
  source.on("error", (error) => unpacked.destroy(error));
  let rest = "";
  try {
    for await (const chunk of unpacked) {
      const lines = `${rest}${String(chunk)}`.split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } finally {
    source.destroy();
  }
  if (rest !== "") throw new Error("the last line is cut off");
}
