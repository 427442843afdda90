import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { http } from "../api/http.ts";
import type { Session } from "../api/session.ts";
import { clientConfigQuery, devicesQuery } from "../questions/queries.ts";
import { deviceLabel, thisDeviceId } from "./this-device.ts";

/** The first screen comes first. */
const afterMs = 2_000;

/** Says once a visit that this device is here, and renews its push token where notifications were allowed before. */
export function useThisDevice({ uid }: Session): void {
  const client = useQueryClient();
  useEffect(() => {
    const timer = setTimeout(() => void announce(), afterMs);
    async function announce(): Promise<void> {
      const label = deviceLabel(navigator.userAgent);
      // A device that cannot be announced is only missing in a list; the next visit announces it.
      const page = await http.putDevice(thisDeviceId(), { label }).catch(() => null);
      if (page === null) return;
      client.setQueryData(devicesQuery.queryKey, page);
      const here = page.devices.find(({ id }) => id === thisDeviceId());
      const config = await client.fetchQuery(clientConfigQuery).catch(() => null);
      if (here?.notifications !== true || config === null || config.push === null || config.sign_in.firebase === null || Notification.permission !== "granted") return;
      const { requestPushToken } = await import("../firebase/push.ts");
      const token = await requestPushToken(config.sign_in.firebase, config.push.vapid_key).catch(() => null);
      if (token !== null) await http.putDevice(thisDeviceId(), { label, push_token: token }).catch(() => null);
    }
    return () => clearTimeout(timer);
    // oxlint-disable-next-line react/exhaustive-deps -- once for each person
  }, [client, uid]);
}
