import type pg from "pg";

/** What the driver calls while a `copy … from stdin` runs; its types leave out what is only used for that. */
type CopyConnection = { query(text: string): void; sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void };

/** One `copy … from stdin` of rows in PostgreSQL's text format. The driver has no call for it, and lets others bring their own. */
export function copyIn(client: pg.Client, text: string, rows: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let failure: Error | null = null;
  client.query({
    submit: (connection: CopyConnection) => connection.query(text),
    handleCopyInResponse(connection: CopyConnection) {
      connection.sendCopyFromChunk(rows);
      connection.endCopyFrom();
    },
    handleCommandComplete: () => undefined,
    handleError: (error: Error) => {
      failure = error;
      reject(error);
    },
    handleReadyForQuery: () => {
      if (failure === null) resolve();
    },
  } as unknown as pg.Submittable);
  return promise;
}
