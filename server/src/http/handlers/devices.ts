import type { ClientConfig } from "@nod/contract/client-config";
import type { Handlers, Reply } from "../call.ts";
import type { Services } from "../services.ts";

export function deviceHandlers({ devices, now }: Services, clientConfig: ClientConfig): Pick<Handlers, "getClientConfig" | "listDevices" | "putDevice" | "removeDevice"> {
  const list = async (uid: string): Promise<Reply<"listDevices">> => {
    const [known, at] = await Promise.all([devices.list(uid), now()]);
    return { kind: "reply", body: { devices: known, server_time: at.toISOString() } };
  };
  return {
    getClientConfig: () => Promise.resolve({ kind: "reply", body: clientConfig }),

    listDevices: ({ uid }) => list(uid),

    async putDevice({ uid, params, body }) {
      await devices.remember(uid, { id: params.id, label: body.label, pushToken: body.push_token });
      return list(uid);
    },

    async removeDevice({ uid, params }) {
      await devices.forget(uid, params.id);
      return list(uid);
    },
  };
}
