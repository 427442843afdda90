/** Lines of the simulator: what becomes of the next order, and what goes wrong on the way to it and back. */
import type { Fault, OrderStep, StreamFault } from "@nod/alpaca-simulator";
import { Mismatch } from "./mismatch.ts";
import type { Stage } from "./stage.ts";
import { eventually, given, ofLabel, orderOf, type Step } from "./step.ts";

/** `new`, `partial_fill 0.04 at 100`, `fill at 100`, `correct to 0.09 at 99`, `bust`, `cancel`, `expire`, … */
function orderStepOf(text: string): OrderStep {
  const [, what = "", qty, price] = /^(\w+)(?: (?:to )?([\d.]+))?(?: at ([\d.]+))?$/.exec(text.trim()) ?? [];
  switch (what) {
    case "partial_fill":
      return { do: what, qty: qty ?? "", ...(price === undefined ? {} : { price }) };
    case "fill":
      return { do: what, ...(price === undefined ? {} : { price }) };
    case "bust":
      return { do: "trade_bust" };
    case "correct":
      return { do: "trade_correct", qty: qty ?? "", price: price ?? "" };
    case "new":
    case "cancel":
    case "expire":
    case "reject":
    case "suspend":
    case "pending_cancel":
    case "done_for_day":
    case "replaced":
      return { do: what };
    default:
      throw new Mismatch(`the simulator cannot play "${text.trim()}"`);
  }
}

function failureOf(what: string): Fault["do"] {
  switch (what) {
    case "reset":
      return { kind: "reset" };
    case "cut":
      return { kind: "cut" };
    case "garbage":
      return { kind: "malformed" };
    case "nothing":
      return { kind: "empty" };
    default:
      return { kind: "status", status: Number(what) };
  }
}

const frameFaults: Readonly<Record<string, StreamFault["do"]>> = { loses: { kind: "lose" }, doubles: { kind: "duplicate" }, swaps: { kind: "swap" }, garbles: { kind: "malformed" } };

async function brokersId(stage: Stage, label: string | undefined): Promise<string> {
  let id = "";
  await eventually(stage, "the order at the simulator", async () => {
    const { client_order_id: clientOrderId } = await orderOf(stage, label);
    const found = stage.simulator.control.book().accounts.flatMap(({ orders }) => orders).find((order) => order.client_order_id === clientOrderId);
    id = found?.id ?? "";
    return { holds: found !== undefined, seen: "none" };
  });
  return id;
}

export const simulatorSteps: readonly Step[] = [
  {
    actor: "simulator", form: "is to play: new, fill at 100, bust", pattern: /^is to play: (?<steps>.+)$/,
    run: (stage, said) => Promise.resolve(stage.simulator.control.script({ steps: given(said, "steps").split(",").map((text) => ({ ...orderStepOf(text), late: true })) })),
  },
  {
    actor: "simulator", form: "plays bust [of A]", pattern: new RegExp(`^plays (?<step>.+?)${ofLabel}$`),
    run: async (stage, said) => stage.simulator.control.act(await brokersId(stage, said["label"]), orderStepOf(given(said, "step"))),
  },
  {
    actor: "simulator", form: "breaks the next POST with 500|reset|cut|garbage|nothing[, having placed it]", pattern: /^breaks the next POST with (?<what>5\d\d|reset|cut|garbage|nothing)(?<placed>, having placed it)?$/,
    run: (stage, said) => Promise.resolve(stage.simulator.control.fault({ route: "POST /v2/orders", when: said["placed"] === undefined ? "before" : "after", do: failureOf(given(said, "what")) })),
  },
  {
    actor: "simulator", form: "loses|doubles|swaps|garbles what it tells next[ of a fill]", pattern: /^(?<how>loses|doubles|swaps|garbles) what it tells next(?: of a (?<event>\w+))?$/,
    run: (stage, said) => {
      const how = frameFaults[given(said, "how")];
      if (how === undefined) throw new Mismatch("there is no such fault");
      stage.simulator.control.streamFault({ stream: "trade_updates", ...(said["event"] === undefined ? {} : { event: said["event"] }), do: how });
      return Promise.resolve();
    },
  },
  {
    actor: "simulator", form: "drops the stream", pattern: /^drops the stream$/,
    run: async (stage) => {
      const before = stage.connects();
      stage.simulator.control.dropStreams("trade_updates");
      await eventually(stage, "a stream that is back, and books that are compared", () => Promise.resolve({ holds: stage.connects() > before && stage.isReady(), seen: "neither or one of them" }));
    },
  },
];
