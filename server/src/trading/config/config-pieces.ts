/**
 * What the users of one template have in common. Nearly every user's own document moves some thresholds, watches other symbols,
 * switches a rule off: it is made of pieces that many others wrote too. A piece that was found valid in one document need not
 * be merged, checked and compiled for the next, and is held once.
 *
 * That a document made of known pieces is valid follows from how documents are checked (`check-config.ts`): everything but the
 * rules, here the head, without looking at the rules; each rule by itself, on the ground of the head that rules depend on; and
 * beyond that only that ids are not repeated, nor too many. Whatever is not known piece by piece goes the long way
 * (`resolve.ts`), which stays the only judge, and what it accepts is learned from.
 */
import { isJsonObject, memberOf } from "@nod/contract/json-pointer";
import { limits, type Rule, type TradingConfig } from "@nod/contract/trading-config";
import { rulesOf, thresholdNanosOf, type CompiledCondition, type CompiledConfig, type RuleFrame } from "../rules/compiled-rule.ts";
import { compileConfig } from "./compile.ts";
import { createThresholdSkeletons } from "./threshold-skeletons.ts";

export type ConfigPieces = {
  /**
   * The config of a document whose every piece is known; null: take the long way.
   * @param ownText the user's document as `jsonb` prints it
   */
  assemble(ownText: string, revision: string): CompiledConfig | null;
  /** Takes in the pieces of a document that was accepted as it stands, with nothing left out. */
  learn(own: unknown, effective: TradingConfig): void;
};

/** `threshold`: may be moved by a user to any other of the same sign. `idle`: switched off, or on a blocked symbol. */
type Piece = { kind: "threshold"; frame: RuleFrame } | { kind: "condition"; condition: Omit<CompiledCondition, "config"> } | { kind: "idle"; rule: Rule };

/** Rules depend on the inputs, the mode and two of the guardrails. `byEntry`: what users' entries came to. */
type Ground = {
  /** The template's own rules, in its order, each null until a document was accepted that leaves it as it is. */
  untouched: (Piece | null)[];
  byEntry: Map<string, Piece>;
};

/** Everything of a config but its rules, compiled. */
type Head = { shared: CompiledConfig; ground: Ground };

/** What a rule of a document comes to, and at which of the document's thresholds, if at one. */
type Step = { piece: Piece; threshold: number | null };

/** A document but for its thresholds. `frames`: of its steps with a threshold; `thresholds`: which of the document's stands there, or else the frame's own. */
type Skeleton = { head: Head; steps: readonly Step[]; frames: readonly RuleFrame[]; thresholds: readonly (number | null)[] };

/** Beyond these a table is emptied and starts again: whoever comes then takes the long way once more. */
const maxHeads = 10_000;
const maxGrounds = 100;
const maxPieces = 10_000;

/** @param template as `resolveTemplate` gives it */
export function createConfigPieces(template: TradingConfig): ConfigPieces {
  const placeOf = new Map(template.rules.map(({ id }, place) => [id, place]));
  const heads = new Map<string, Head>();
  const grounds = new Map<string, Ground>();
  const skeletons = createThresholdSkeletons<Skeleton>();
  const thresholds: number[] = [];

  const groundOf = (own: Record<string, unknown>): Ground =>
    bounded(grounds, maxGrounds, keyOfGround(own), () => ({ untouched: template.rules.map(() => null), byEntry: new Map<string, Piece>() }));

  return {
    assemble(ownText, revision) {
      thresholds.length = 0;
      const known = skeletons.find(ownText, thresholds);
      if (known !== null) return fill(known, thresholds, revision);
      const own: unknown = JSON.parse(ownText);
      if (!isJsonObject(own)) return null;
      const head = heads.get(keyOfHead(own));
      const entries = entriesOf(own);
      const steps = head === undefined || entries === null ? null : stepsOf(head.ground, entries, placeOf);
      if (head === undefined || entries === null || steps === null) return null;
      const moved = movedBy(entries);
      if (moved === null) return null;
      const skeleton = skeletonOf(head, steps);
      skeletons.keep(ownText, moved, skeleton);
      return fill(skeleton, moved, revision);
    },
    learn(own, effective) {
      if (!isJsonObject(own)) return;
      const { ground } = bounded(heads, maxHeads, keyOfHead(own), () => ({ shared: compileConfig({ ...effective, rules: [] }, ""), ground: groundOf(own) }));
      const entries = new Map((entriesOf(own) ?? none).map((entry) => [memberOf(entry, "id"), entry]));
      for (const piece of cutUp(effective)) {
        const { id } = ruleOf(piece);
        const entry = entries.get(id);
        const place = placeOf.get(id);
        if (entry === undefined && place !== undefined) ground.untouched[place] = piece;
        // An entry's key does not tell thresholds apart, so only a piece that may be moved stands for all of that key.
        if (isJsonObject(entry) && (piece.kind === "threshold" || entry["threshold_pct"] === undefined)) bounded(ground.byEntry, maxPieces, keyOfEntry(entry), () => piece);
      }
    },
  };
}

/** Null: they are no list. */
function entriesOf(own: Readonly<Record<string, unknown>>): readonly unknown[] | null {
  const entries = own["rules"] ?? none;
  return Array.isArray(entries) ? entries : null;
}

/** The value under a key, made when it is not there. */
function bounded<Value>(table: Map<string, Value>, most: number, key: string, make: () => Value): Value {
  const known = table.get(key);
  if (known !== undefined) return known;
  if (table.size >= most) table.clear();
  const made = make();
  table.set(key, made);
  return made;
}

const ruleOf = (piece: Piece): Rule => (piece.kind === "threshold" ? piece.frame.rule : piece.kind === "condition" ? piece.condition.rule : piece.rule);

/** What each rule of an accepted config comes to. */
function cutUp(effective: TradingConfig): Iterable<Piece> {
  const { frames, conditions } = compileConfig(effective, "");
  const pieces = new Map<string, Piece>();
  for (const rule of effective.rules) pieces.set(rule.id, { kind: "idle", rule });
  for (const frame of frames) pieces.set(frame.rule.id, { kind: "threshold", frame });
  for (const { config: _config, ...condition } of conditions) pieces.set(condition.rule.id, { kind: "condition", condition });
  return pieces.values();
}

const none: readonly never[] = [];

/** The thresholds of a document in its order, in billionths of a percent; null when one is none that a valid document has. */
function movedBy(entries: readonly unknown[]): number[] | null {
  const moved: number[] = [];
  for (const entry of entries) {
    const percent = memberOf(entry, "threshold_pct");
    if (percent === undefined) continue;
    const nanos = typeof percent === "number" ? thresholdNanosOf(percent) : null;
    if (nanos === null) return null;
    moved.push(nanos);
  }
  return moved;
}

/** What the rules of a document come to, in their order in force; null when a piece is not known. */
function stepsOf({ untouched, byEntry }: Ground, entries: readonly unknown[], placeOf: ReadonlyMap<string, number>): Step[] | null {
  if (entries.length > limits.rules) return null;
  const placed = new Map<string | number, Step>();
  let thresholds = 0;
  for (const entry of entries) {
    if (!isJsonObject(entry)) return null;
    const piece = byEntry.get(keyOfEntry(entry));
    const { id } = entry;
    if (piece === undefined || typeof id !== "string") return null;
    const place = placeOf.get(id) ?? id;
    if (placed.has(place)) return null;
    placed.set(place, { piece, threshold: entry["threshold_pct"] === undefined ? null : (thresholds += 1) - 1 });
  }
  const steps: Step[] = [];
  for (const [place, piece] of untouched.entries()) {
    const step = placed.get(place) ?? (piece === null ? null : { piece, threshold: null });
    if (step === null) return null;
    steps.push(step);
    placed.delete(place);
  }
  steps.push(...placed.values());
  return steps.length > limits.rules ? null : steps;
}

function skeletonOf(head: Head, steps: readonly Step[]): Skeleton {
  const inLadders = steps.flatMap(({ piece, threshold }) => (piece.kind === "threshold" ? [{ frame: piece.frame, threshold }] : []));
  return { head, steps, frames: inLadders.map(({ frame }) => frame), thresholds: inLadders.map(({ threshold }) => threshold) };
}

const [leastNanos, greatestNanos] = [thresholdNanosOf(limits.leastPercent) ?? Number.NaN, thresholdNanosOf(limits.greatestPercent) ?? Number.NaN];

/** @returns null when a threshold is none of those that are known to be valid */
function fill(skeleton: Skeleton, moved: readonly number[], revision: string): CompiledConfig | null {
  // The frames' own were checked with their rules.
  for (const nanos of moved) if (!(nanos >= leastNanos && nanos <= greatestNanos)) return null;
  const { frames, steps } = skeleton;
  const thresholds = skeleton.thresholds.map((threshold, n) => (threshold === null ? thresholdNanosOf(frames[n]?.rule.threshold_pct ?? Number.NaN) : moved[threshold]) ?? Number.NaN);
  const config = new AssembledConfig(skeleton, thresholds, revision);
  if (frames.length < steps.length) config.conditions = steps.flatMap(({ piece }) => (piece.kind === "condition" ? [{ ...piece.condition, config }] : []));
  return config;
}

/** A user's config without copies: all but his thresholds is shared, and rules and the document in force are put together when they are asked for. */
class AssembledConfig implements CompiledConfig {
  readonly revision: string;
  readonly thresholds: readonly number[];
  readonly #skeleton: Skeleton;
  conditions: readonly CompiledCondition[] = none;

  constructor(skeleton: Skeleton, thresholds: readonly number[], revision: string) {
    this.#skeleton = skeleton;
    this.thresholds = thresholds;
    this.revision = revision;
  }

  get frames(): readonly RuleFrame[] {
    return this.#skeleton.frames;
  }
  get effective(): TradingConfig {
    const inLadders = rulesOf(this).values();
    return { ...this.#shared.effective, rules: this.#skeleton.steps.map(({ piece }) => (piece.kind === "threshold" ? inLadders.next().value?.rule : undefined) ?? ruleOf(piece)) };
  }
  get #shared(): CompiledConfig {
    return this.#skeleton.head.shared;
  }
  get enabled(): boolean {
    return this.#shared.enabled;
  }
  get mode(): CompiledConfig["mode"] {
    return this.#shared.mode;
  }
  get maxOpenQuestions(): number {
    return this.#shared.maxOpenQuestions;
  }
  get restraint(): CompiledConfig["restraint"] {
    return this.#shared.restraint;
  }
  get inputs(): CompiledConfig["inputs"] {
    return this.#shared.inputs;
  }
}

/** Text in a database holds no zero characters, and JSON writes them otherwise: nothing in a key can be taken for its separator. */
const separator = "\0";

/** The same for documents that differ in nothing but their rules. */
function keyOfHead(own: Readonly<Record<string, unknown>>): string {
  let key = "";
  for (const name of Object.keys(own)) if (name !== "rules") key += `${name}${separator}${JSON.stringify(own[name])}${separator}`;
  return key;
}

/** The same for documents under which the same entry comes to the same rule. */
function keyOfGround(own: Readonly<Record<string, unknown>>): string {
  const guardrails = own["guardrails"];
  return JSON.stringify([own["enabled"], own["mode"], own["data_inputs"], memberOf(guardrails, "require_question_before_order"), memberOf(guardrails, "symbols_blocklist")]);
}

/** The same for entries that differ in nothing but the size of their thresholds. */
function keyOfEntry(entry: Readonly<Record<string, unknown>>): string {
  let key = "";
  for (const name of Object.keys(entry)) {
    const value = entry[name];
    const shown = name === "threshold_pct" && typeof value === "number" ? String(Math.sign(value)) : JSON.stringify(value);
    key += `${name}${separator}${shown}${separator}`;
  }
  return key;
}
