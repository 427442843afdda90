import { expect, test } from "vitest";
import { clientConfigOf } from "./client-config.ts";

const web = { apiKey: "key", appId: "1:2:web:3", messagingSenderId: "2", vapidKey: "public" };
const noSessions = { devSessions: null };

test("a server of this machine offers its own sessions and nothing else", () => {
  expect(clientConfigOf({ firebaseProjectId: null }, { devSessions: { issueToken: () => Promise.resolve("") } })).toEqual({ sign_in: { local: true, firebase: null }, push: null });
});

test("with Firebase the client learns the project's public settings, and the key of the pushes when there are any", () => {
  expect(clientConfigOf({ firebaseProjectId: "nod", firebaseWeb: web }, noSessions)).toEqual({
    sign_in: { local: false, firebase: { api_key: "key", auth_domain: "nod.firebaseapp.com", project_id: "nod", app_id: "1:2:web:3", messaging_sender_id: "2" } },
    push: { vapid_key: "public" },
  });
  expect(clientConfigOf({ firebaseProjectId: "nod", firebaseWeb: { ...web, messagingSenderId: null, vapidKey: null } }, noSessions).push).toBeNull();
  expect(clientConfigOf({ firebaseProjectId: "nod", firebaseWeb: null }, noSessions)).toEqual({ sign_in: { local: false, firebase: null }, push: null });
});
