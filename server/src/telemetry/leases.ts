import { Gauge, type Registry } from "prom-client";

/** Told at each change of hands, by the lease's name in the table. */
export type LeaseHeld = (lease: string, isHeld: boolean) => void;

export function leaseTelemetry(registry: Registry): LeaseHeld {
  const held = new Gauge({ name: "nod_lease_held", help: "1 while this process has the lease; over all processes at most one has", labelNames: ["lease"], registers: [registry] });
  for (const lease of ["tick", "order-desk"]) held.set({ lease }, 0);
  return (lease, isHeld) => held.set({ lease }, isHeld ? 1 : 0);
}
