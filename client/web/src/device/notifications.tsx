import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ClientConfig } from "@nod/contract/client-config";
import { http } from "../api/http.ts";
import { RefusedError, wordsForFailure } from "../api/errors.ts";
import { clientConfigQuery, devicesQuery } from "../questions/queries.ts";
import { Row, Section, Switch } from "../settings/section.tsx";
import { deviceLabel, thisDeviceId } from "./this-device.ts";

/** Why notifications cannot be switched on here; null when they can. */
function hindrance(config: ClientConfig | undefined): string | null {
  if (config === undefined) return "Loading.";
  if (config.push === null || config.sign_in.firebase === null) return "This server sends none: it needs a Firebase project with Cloud Messaging. Keep Nod open to be asked.";
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return "This browser cannot receive them. On an iPhone, add Nod to the home screen first.";
  if (Notification.permission === "denied") return "They are blocked for this site in the browser's settings.";
  return null;
}

class PermissionRefused extends Error {
  override readonly name = "PermissionRefused";
}

async function switchOn(config: ClientConfig): Promise<string> {
  if ((await Notification.requestPermission()) !== "granted") throw new PermissionRefused("The browser was told not to.");
  const { firebase } = config.sign_in;
  if (firebase === null || config.push === null) throw new PermissionRefused("The server sends none.");
  const { requestPushToken } = await import("../firebase/push.ts");
  return requestPushToken(firebase, config.push.vapid_key);
}

async function switchOff(config: ClientConfig): Promise<void> {
  if (config.sign_in.firebase === null) return;
  const { dropPushToken } = await import("../firebase/push.ts");
  // The server is told in any case, and that is what counts.
  await dropPushToken(config.sign_in.firebase).catch(() => undefined);
}

function wordsFor(error: unknown): string {
  if (error instanceof PermissionRefused) return "The browser did not allow it. Nothing was changed.";
  return error instanceof RefusedError ? wordsForFailure(error) : "Notifications could not be switched. Nothing was changed. Check the connection and try again.";
}

/** Whether this device is told of cards while Nod is closed. A notification never says what is asked or for how much. */
export function Notifications() {
  const client = useQueryClient();
  const { data: config } = useQuery(clientConfigQuery);
  const { data: page } = useQuery(devicesQuery);
  const why = hindrance(config);
  const on = page?.devices.find(({ id }) => id === thisDeviceId())?.notifications === true;
  const change = useMutation({
    mutationFn: async (wanted: boolean) => {
      if (config === undefined) throw new Error("not loaded");
      if (!wanted) await switchOff(config);
      return http.putDevice(thisDeviceId(), { label: deviceLabel(navigator.userAgent), push_token: wanted ? await switchOn(config) : null });
    },
    onSuccess: (changed) => client.setQueryData(devicesQuery.queryKey, changed),
  });
  return (
    <Section title="Notifications, on this device">
      <Row title={<span id="notifications">Tell me of cards while Nod is closed</span>} detail={why ?? "Only when none of your devices is connected. They never say what is asked or for how much."}>
        <Switch on={on} disabled={(why !== null && !on) || change.isPending} labelledBy="notifications" onChange={(wanted) => change.mutate(wanted)} />
      </Row>
      <p role="alert" className="px-5 pb-4 text-small text-amber empty:hidden">
        {change.error !== null && wordsFor(change.error)}
      </p>
    </Section>
  );
}
