/**
 * Google's two addresses that firebase-admin asks about a token, served on loopback over TLS: the certificates of the
 * keys that sign tokens, and the lookup of accounts. An agent leads every request there, so nothing leaves the machine.
 */
import { Agent, createServer, type Server } from "node:https";
import { once } from "node:events";
import { connect } from "node:tls";
import { createSigningPair, type SigningPair } from "./certificate.ts";

export type Account = { localId: string; disabled?: boolean; /** Seconds since 1970, as text. */ validSince?: string };

export type Google = {
  agent: Agent;
  /** The key that signs good tokens; its id is `keyId`. */
  signing: SigningPair;
  keyId: string;
  accounts: Map<string, Account>;
  /** Requests so far, as `GET host/path`. */
  requests: string[];
  /** While set, the addresses with this in them answer 500. */
  failing: string | null;
  /** Pushes so far, as they were sent to Firebase Cloud Messaging. */
  pushes: unknown[];
  /** Push tokens of browsers that are gone. */
  gone: Set<string>;
  close(): Promise<void>;
};

/** As FCM's HTTP v1 API words it. */
const notRegistered = {
  error: { code: 404, message: "Requested entity was not found.", status: "NOT_FOUND", details: [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: "UNREGISTERED" }] },
};

export async function startGoogle(): Promise<Google> {
  const tls = createSigningPair("localhost");
  const signing = createSigningPair("securetoken.system.gserviceaccount.com");
  const server: Server = createServer({ key: tls.privateKey.export({ type: "pkcs8", format: "pem" }), cert: tls.certificatePem });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the stand-in for Google has no port");
  const agent = new Agent({ keepAlive: false });
  agent.createConnection = () => connect({ host: "127.0.0.1", port: address.port, ca: tls.certificatePem, servername: "localhost", checkServerIdentity: () => undefined });

  const google: Google = {
    agent,
    signing,
    keyId: "key-of-the-day",
    accounts: new Map(),
    requests: [],
    failing: null,
    pushes: [],
    gone: new Set(),
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  server.on("request", async (request, response) => {
    const path = `${request.headers.host ?? ""}${request.url ?? ""}`;
    google.requests.push(`${request.method ?? ""} ${path}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    };
    if (google.failing !== null && path.includes(google.failing)) return answer(500, { error: "backend error" });
    if (path.startsWith("www.googleapis.com/robot/v1/metadata/x509/securetoken")) {
      return answer(200, { [google.keyId]: google.signing.certificatePem }, { "cache-control": "public, max-age=0" });
    }
    if (path.endsWith("/accounts:lookup")) {
      const asked: { localId: string[] } = JSON.parse(Buffer.concat(chunks).toString());
      const users = asked.localId.map((uid) => google.accounts.get(uid)).filter((each) => each !== undefined);
      return answer(200, users.length > 0 ? { users } : {});
    }
    if (path.startsWith("fcm.googleapis.com/v1/projects/") && path.endsWith("/messages:send")) {
      const { message }: { message: { token: string } } = JSON.parse(Buffer.concat(chunks).toString());
      if (google.gone.has(message.token)) return answer(404, notRegistered);
      google.pushes.push(message);
      return answer(200, { name: "projects/nod-test/messages/1" });
    }
    return answer(404, { error: "no such address" });
  });
  return google;
}
