/** Web push through Firebase Cloud Messaging. */
import type { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { PushData } from "@nod/contract/devices";
import { applicationDefault, deleteApp, FirebaseError, initializeApp, type Credential } from "firebase-admin/app";
import { getMessaging, type Message } from "firebase-admin/messaging";
import type { DuePush } from "./due-pushes.ts";
import type { PushOutcome, PushSender } from "./push-sender.ts";

/** firebase-admin itself would wait and retry for minutes. */
const sendTimeoutMs = 10_000;
/** Requests at once. */
const concurrency = 20;
const longestLifetimeSeconds = 86_400;

export type FcmSettings = {
  projectId: string;
  /** Unset: the application default credentials of the machine. */
  credential?: Credential;
  /** Unset: Node's own. All requests to Google go through it. */
  httpAgent?: Agent;
  onFailure: (error: unknown) => void;
};

export function createFcmSender({ projectId, credential, httpAgent, onFailure }: FcmSettings): PushSender {
  const app = initializeApp({ projectId, credential: credential ?? applicationDefault(httpAgent), ...(httpAgent && { httpAgent }) }, `nod-push-${projectId}-${appCount++}`);
  const messaging = getMessaging(app);

  const sendOne = async (push: DuePush): Promise<PushOutcome> => {
    const given = new AbortController();
    try {
      const sending = messaging.send(messageOf(push)).then((): PushOutcome => "sent");
      return await Promise.race([sending, sleep(sendTimeoutMs, "failed" as const, { signal: given.signal })]);
    } catch (error) {
      if (isGone(error)) return "gone";
      onFailure(error);
      return "failed";
    } finally {
      given.abort();
    }
  };

  return {
    async send(pushes) {
      const outcomes: PushOutcome[] = [];
      for (let start = 0; start < pushes.length; start += concurrency) outcomes.push(...(await Promise.all(pushes.slice(start, start + concurrency).map(sendOne))));
      return outcomes;
    },
    stop: () => deleteApp(app),
  };
}

/** firebase-admin knows its apps by name. */
let appCount = 0;

/** Names the question and nothing of it: a push passes through others' hands and lights up on locked screens. */
function messageOf({ questionId, pushToken, lifetimeMs }: DuePush): Message {
  const data: PushData = { question_id: questionId };
  const lifetime = Math.min(longestLifetimeSeconds, Math.max(1, Math.floor(lifetimeMs / 1_000)));
  return { token: pushToken, data, webpush: { headers: { TTL: String(lifetime), Urgency: "high", Topic: questionId.replaceAll("-", "") } } };
}

const goneCodes: ReadonlySet<string> = new Set(["messaging/registration-token-not-registered", "messaging/invalid-registration-token", "messaging/mismatched-credential"]);

function isGone(error: unknown): boolean {
  return error instanceof FirebaseError && goneCodes.has(error.code);
}
