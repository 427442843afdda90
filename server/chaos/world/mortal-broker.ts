/** A broker's adapter that stops talking when its process dies, and a moment for dying around each POST. */
import type { BrokerPort } from "../../src/trading/ports.ts";
import { ProcessIsDead } from "./mortal-pool.ts";

/** When a process dies around a POST: before anything leaves it, while the POST is on its way, or with the answer in hand. */
export type PostFault = "die_before" | "die_during" | "die_after";

export type BrokerMortality = { isDead(): boolean; die(): void; atPost(): PostFault | null };

export function createMortalBroker(broker: BrokerPort, mortality: BrokerMortality): BrokerPort {
  const submit: BrokerPort["submit"] = async (...args) => {
    const fault = mortality.isDead() ? null : mortality.atPost();
    if (fault === "die_before") mortality.die();
    if (mortality.isDead()) return { kind: "unknown", reason: "the process is dead" };
    const sent = broker.submit(...args);
    if (fault === "die_during") mortality.die();
    const outcome = await sent;
    if (fault === "die_after") mortality.die();
    return outcome;
  };
  return new Proxy(broker, {
    get(target, property) {
      if (property === "submit") return submit;
      const call: unknown = Reflect.get(target, property, target);
      if (typeof call !== "function") return call;
      return async (...args: unknown[]): Promise<unknown> => {
        if (mortality.isDead()) throw new ProcessIsDead("a call of a process that is dead");
        return Reflect.apply(call, target, args);
      };
    },
  });
}
