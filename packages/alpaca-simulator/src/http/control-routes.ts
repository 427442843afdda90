import express, { type RequestHandler, type Router } from "express";
import { Type, type Static, type TSchema } from "typebox";
import { Value } from "typebox/value";
import type { SimulatorControl } from "../control.ts";

const Text = Type.String({ minLength: 1 });
const Ms = Type.Number({ minimum: 0 });
const Count = Type.Integer({ minimum: -1 });
const closed = { additionalProperties: false };
const literals = <const T extends string>(...values: T[]) => Type.Union(values.map((value) => Type.Literal(value)));

const stepKinds = [
  Type.Object({ do: literals("new", "reject", "cancel", "expire", "suspend", "pending_cancel", "pending_replace", "done_for_day", "replaced", "trade_bust") }),
  Type.Object({ do: Type.Literal("partial_fill"), qty: Text, price: Type.Optional(Text) }),
  Type.Object({ do: Type.Literal("fill"), price: Type.Optional(Text) }),
  Type.Object({ do: Type.Literal("status"), status: Text, event: Text }),
  Type.Object({ do: Type.Literal("trade_correct"), qty: Text, price: Text }),
] as const;
const Step = Type.Union([...stepKinds]);
const TimedStep = Type.Intersect([Step, Type.Object({ afterMs: Type.Optional(Ms), late: Type.Optional(Type.Boolean()) })]);

const Script = Type.Object(
  {
    match: Type.Optional(Type.Object({ account: Type.Optional(Text), symbol: Type.Optional(Text), side: Type.Optional(literals("buy", "sell")), clientOrderId: Type.Optional(Text) }, closed)),
    times: Type.Optional(Count),
    steps: Type.Array(TimedStep),
    afterwards: Type.Optional(literals("hold", "resume")),
    onCancel: Type.Optional(literals("grant", "ignore", "fill", "reject")),
  },
  closed,
);

const FaultSchema = Type.Object(
  {
    route: Text,
    account: Type.Optional(Text),
    skip: Type.Optional(Count),
    times: Type.Optional(Count),
    when: Type.Optional(literals("before", "after")),
    do: Type.Union([
      Type.Object({ kind: Type.Literal("delay"), ms: Ms }),
      Type.Object({ kind: Type.Literal("status"), status: Type.Integer({ minimum: 200, maximum: 599 }), body: Type.Optional(Type.Unknown()), headers: Type.Optional(Type.Record(Type.String(), Type.String())) }),
      Type.Object({ kind: literals("reset", "cut", "hang", "malformed", "empty", "empty_object") }),
      Type.Object({ kind: Type.Literal("body"), body: Type.String() }),
    ]),
  },
  closed,
);

const StreamFaultSchema = Type.Object(
  {
    stream: Type.Optional(literals("trade_updates", "market_data")),
    account: Type.Optional(Text),
    event: Type.Optional(Text),
    skip: Type.Optional(Count),
    times: Type.Optional(Count),
    do: Type.Union([
      Type.Object({ kind: literals("lose", "swap", "malformed") }),
      Type.Object({ kind: Type.Literal("duplicate"), copies: Type.Optional(Type.Integer({ minimum: 1 })) }),
      Type.Object({ kind: Type.Literal("delay"), ms: Ms }),
      Type.Object({ kind: Type.Literal("disconnect"), when: Type.Optional(literals("before", "after")) }),
    ]),
  },
  closed,
);

/** `GET /_control/book` and `POST /_control/<command>`, with a JSON object of the command's arguments. */
export function controlRouter(control: SimulatorControl): Router {
  const router = express.Router();
  router.use(express.json({ limit: "1mb" }));
  const command = <T extends TSchema>(name: string, schema: T, run: (body: Static<T>) => void): void => {
    router.post(`/${name}`, (request, response) => {
      const body: unknown = request.body ?? {};
      if (!Value.Check(schema, body)) {
        const [first] = Value.Errors(schema, body);
        response.status(400).json({ message: `${name}: ${first?.instancePath ?? ""} ${first?.message ?? "is not valid"}` });
        return;
      }
      run(body);
      response.status(204).end();
    });
  };
  const ofSymbol = Type.Object({ symbol: Text }, closed);
  router.get("/book", (_request, response) => void response.json(control.book()));
  router.get("/fault-hits", (_request, response) => void response.json(control.faultHits()));
  command("set-price", Type.Object({ symbol: Text, price: Text }, closed), ({ symbol, price }) => control.setPrice(symbol, price));
  command("clear-price", ofSymbol, ({ symbol }) => control.clearPrice(symbol));
  command("set-previous-close", Type.Object({ symbol: Text, price: Text }, closed), ({ symbol, price }) => control.setPreviousClose(symbol, price));
  command("set-market", Type.Object({ state: literals("open", "closed", "replay") }, closed), ({ state }) => control.setMarket(state));
  command("set-clock-offset", Type.Object({ ms: Type.Number() }, closed), ({ ms }) => control.setClockOffset(ms));
  command("halt", ofSymbol, ({ symbol }) => control.halt(symbol));
  command("unhalt", ofSymbol, ({ symbol }) => control.unhalt(symbol));
  const changes = Type.Partial(Type.Object({ tradable: Type.Boolean(), fractionable: Type.Boolean(), shortable: Type.Boolean(), easy_to_borrow: Type.Boolean(), status: literals("active", "inactive") }, closed));
  command("set-asset", Type.Object({ symbol: Text, changes }, closed), (body) => control.setAsset(body.symbol, body.changes));
  command("set-cash", Type.Object({ account: Text, cash: Text }, closed), ({ account, cash }) => control.setCash(account, cash));
  command("script", Script, (script) => control.script(script));
  command("clear-scripts", Type.Object({}, closed), () => control.clearScripts());
  command("act", Type.Object({ orderId: Text, step: Step }, closed), ({ orderId, step }) => control.act(orderId, step));
  command("fault", FaultSchema, (fault) => control.fault(fault));
  command("stream-fault", StreamFaultSchema, (fault) => control.streamFault(fault));
  command("clear-faults", Type.Object({}, closed), () => control.clearFaults());
  const drop = Type.Object({ stream: Type.Optional(literals("trade_updates", "market_data")), account: Type.Optional(Text) }, closed);
  command("drop-streams", drop, ({ stream, account }) => control.dropStreams(stream, account));
  command("refuse-streams", Type.Object({ count: Type.Integer({ minimum: 0 }) }, closed), ({ count }) => control.refuseStreams(count));
  router.use(misuse);
  return router;
}

/** A command that cannot be carried out (an unknown symbol or order) is the test's mistake, and says so. */
const misuse = (error: unknown, _request: Parameters<RequestHandler>[0], response: Parameters<RequestHandler>[1], next: Parameters<RequestHandler>[2]): void => {
  if (error instanceof RangeError || error instanceof SyntaxError) response.status(400).json({ message: error.message });
  else next(error);
};
