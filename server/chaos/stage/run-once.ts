import pg from "pg";

/** On a connection that is opened for it, one statement after the other. */
export async function runOnce(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined); // the running query rejects with it
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
