import type { KillSwitchMode } from "@nod/contract/status";
import type { Handlers, Refusal, Reply } from "../call.ts";
import { refuse } from "../call.ts";
import type { Services, SwitchScope, Trading } from "../services.ts";

/** By whom an operator's switch was set, in the log and in the table. */
const operator = "operator";

type Wish = { enabled: boolean; mode?: KillSwitchMode; reason?: string; confirmation?: string };

export function killSwitchHandlers({ trading }: Services): Pick<Handlers, "setKillSwitch" | "previewKillSwitch" | "setOperatorKillSwitch" | "previewOperatorKillSwitch"> {
  return {
    setKillSwitch: ({ uid, body }) => turn(trading, { scope: "user", firebaseUid: uid }, body, uid),

    previewKillSwitch: ({ uid, query }) => preview(trading, { scope: "user", firebaseUid: uid }, query.mode),

    async setOperatorKillSwitch({ body }) {
      if (body.scope === "all" && body.uid !== undefined) return refuseField("/uid", "is not for the scope all");
      if (body.scope === "all") return turn(trading, { scope: "all" }, body, operator);
      return body.uid === undefined ? refuseField("/uid", "is required with the scope user") : turn(trading, { scope: "user", firebaseUid: body.uid }, body, operator);
    },

    previewOperatorKillSwitch: ({ query }) => preview(trading, query.uid === undefined ? { scope: "all" } : { scope: "user", firebaseUid: query.uid }, query.mode),
  };
}

const refuseField = (pointer: string, message: string): Refusal => refuse("validation_failed", { errors: [{ pointer, message }] });

async function turn(trading: Trading, scope: SwitchScope, wish: Wish, by: string): Promise<Reply<"setKillSwitch"> | Refusal> {
  if (!wish.enabled) return { kind: "reply", body: await trading.switchOff(scope, by) };
  if (wish.mode === undefined) return refuseField("/mode", "is required to switch it on");
  const outcome = await trading.switchOn(scope, { mode: wish.mode, reason: wish.reason ?? null, setBy: by, confirmation: wish.confirmation ?? null });
  switch (outcome.kind) {
    case "set":
      return { kind: "reply", body: outcome.killSwitch };
    case "confirmation_needed":
      return refuseField("/confirmation", "must be the token of a preview of flatten that is not older than a minute and was not used. Nothing was switched.");
    case "no_such_user":
      return refuse("not_found");
  }
}

async function preview(trading: Trading, scope: SwitchScope, mode: KillSwitchMode): Promise<Reply<"previewKillSwitch"> | Refusal> {
  const found = await trading.preview(scope, mode);
  return found === null ? refuse("not_found") : { kind: "reply", body: found };
}
