import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Device } from "@nod/contract/devices";
import { wordsForFailure } from "../api/errors.ts";
import { http } from "../api/http.ts";
import { useServerNow } from "../live/use-server-now.ts";
import { devicesQuery } from "../questions/queries.ts";
import { Row, Section, smallButtonClass } from "../settings/section.tsx";
import { span } from "../words/time.ts";
import { thisDeviceId } from "./this-device.ts";

function DeviceRow({ device, nowMs }: { device: Device; nowMs: number }) {
  const client = useQueryClient();
  const here = device.id === thisDeviceId();
  const forget = useMutation({ mutationFn: () => http.removeDevice(device.id), onSuccess: (page) => client.setQueryData(devicesQuery.queryKey, page) });
  const seen = here ? "This device" : `Last here ${span(nowMs - Date.parse(device.last_seen_at))} ago`;
  return (
    <Row title={device.label} detail={forget.error === null ? `${seen} · notifications ${device.notifications ? "on" : "off"}` : wordsForFailure(forget.error)}>
      {!here && (
        <button type="button" aria-label={`Forget ${device.label}`} disabled={forget.isPending} onClick={() => forget.mutate()} className={smallButtonClass}>
          Forget
        </button>
      )}
    </Row>
  );
}

/** Where this person has signed in. Forgetting one ends its notifications. */
export function Devices() {
  const { data, error } = useQuery(devicesQuery);
  const nowMs = useServerNow(30_000);
  return (
    <Section title="Devices">
      {data === undefined && <Row title={error === null ? "Loading" : wordsForFailure(error)} />}
      {data?.devices.length === 0 && <Row title="No device has said yet that it is here." />}
      {data?.devices.map((device) => (
        <DeviceRow key={device.id} device={device} nowMs={nowMs} />
      ))}
    </Section>
  );
}
