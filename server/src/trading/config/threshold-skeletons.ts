/**
 * What is known of documents that differ in nothing but their thresholds, found by their text. A skeleton is the text between
 * the thresholds, and their signs. A tree holds what skeletons have in common once, so that a text is compared piece by piece
 * with what came last in its place, and is neither copied nor read as JSON.
 */

export type ThresholdSkeletons<Value extends object> = {
  /**
   * What was kept for documents of this skeleton; null: nothing, or a threshold is none that a valid document has.
   * @param into is given the text's thresholds in their order, in billionths of a percent
   */
  find(text: string, into: number[]): Value | null;
  /**
   * Keeps what holds for this text and for all that differ from it in nothing but the size of thresholds.
   * @param thresholds the document's; unless the text has just these in this order it is not clear which is whose, and nothing is kept
   */
  keep(text: string, thresholds: readonly number[], value: Value): void;
};

/** Text up to a threshold, or from the last one to the end. What follows depends on the threshold's sign: below zero, zero, above. */
type Piece<Value> = { text: string; value: Value | null; next: [Branch<Value> | null, Branch<Value> | null, Branch<Value> | null] };
/** `last`: the piece that was found last. Documents of one origin have most of theirs in common. */
type Branch<Value> = { last: Piece<Value> | null; pieces: Map<string, Piece<Value>> };

/** As `jsonb` prints it. Text in quotes has its quotes escaped, so no other text looks like it. */
const thresholdName = `"threshold_pct": `;
/** A tree with more pieces than this is emptied and grows again. */
const maxPieces = 40_000;

export function createThresholdSkeletons<Value extends object>(): ThresholdSkeletons<Value> {
  let root = emptyBranch<Value>();
  let size = 0;

  const pieceOf = (branch: Branch<Value>, text: string): Piece<Value> => {
    const known = branch.pieces.get(text);
    if (known !== undefined) return known;
    const piece: Piece<Value> = { text, value: null, next: [null, null, null] };
    branch.pieces.set(text, piece);
    size += 1;
    return piece;
  };

  return {
    find(text, into) {
      let at = 0;
      let branch: Branch<Value> | null = root;
      while (branch !== null) {
        const piece: Piece<Value> | undefined = knownAt(branch, text, at);
        if (piece === undefined) return null;
        branch.last = piece;
        at += piece.text.length;
        if (at === text.length) return piece.value;
        const nanos = nanosAt(text, at);
        if (Number.isNaN(nanos)) return null;
        into.push(nanos);
        at = endOfNumber(text, at);
        branch = piece.next[signOf(nanos)];
      }
      return null;
    },
    keep(text, thresholds, value) {
      const pieces: string[] = [pieceAt(text, 0)];
      let at = pieces[0]?.length ?? 0;
      for (const threshold of thresholds) {
        if (at === text.length || nanosAt(text, at) !== threshold) return;
        at = endOfNumber(text, at);
        const piece = pieceAt(text, at);
        pieces.push(piece);
        at += piece.length;
      }
      if (at !== text.length) return;
      if (size >= maxPieces) {
        root = emptyBranch();
        size = 0;
      }
      let branch = root;
      for (const [n, each] of pieces.entries()) {
        const piece = pieceOf(branch, each);
        const following = thresholds[n];
        if (following === undefined) piece.value = value;
        else branch = piece.next[signOf(following)] ??= emptyBranch();
      }
    },
  };
}

function knownAt<Value>({ last, pieces }: Branch<Value>, text: string, at: number): Piece<Value> | undefined {
  // A slice is no copy, and is compared by words where `startsWith` goes by letters.
  return last !== null && text.slice(at, at + last.text.length) === last.text ? last : pieces.get(pieceAt(text, at));
}

const emptyBranch = <Value>(): Branch<Value> => ({ last: null, pieces: new Map() });

/** From here to the next threshold, its name included, or to the end. */
function pieceAt(text: string, from: number): string {
  const name = text.indexOf(thresholdName, from);
  return name === -1 ? text.slice(from) : text.slice(from, name + thresholdName.length);
}

const signOf = (nanos: number): 0 | 1 | 2 => (nanos < 0 ? 0 : nanos === 0 ? 1 : 2);

const [minus, point, zero, nine] = [0x2d, 0x2e, 0x30, 0x39];
/** Of a valid threshold, at most: so many digits are exact in a double. */
const maxLength = 15;
const decimals = 9;
const powersOfTen = Array.from({ length: decimals + 1 }, (_, power) => 10 ** power);

const isOfNumber = (character: number): boolean => (character >= zero && character <= nine) || character === point || character === minus;

function endOfNumber(text: string, from: number): number {
  let end = from;
  while (end < text.length && isOfNumber(text.charCodeAt(end))) end += 1;
  return end;
}

/** A number as `jsonb` prints it, in billionths; NaN: none, or one that no valid document has. */
function nanosAt(text: string, from: number): number {
  const isNegative = text.charCodeAt(from) === minus;
  const begin = isNegative ? from + 1 : from;
  let at = begin;
  let digits = 0;
  let pointAt = -1;
  for (; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character >= zero && character <= nine) digits = digits * 10 + (character - zero);
    else if (character === point && pointAt === -1) pointAt = at;
    else break;
  }
  const power = pointAt === -1 ? decimals : decimals - (at - pointAt - 1);
  if (at === begin || at - begin > maxLength || power < 0) return Number.NaN;
  const nanos = digits * (powersOfTen[power] ?? Number.NaN);
  if (!Number.isSafeInteger(nanos)) return Number.NaN;
  return isNegative && nanos > 0 ? -nanos : nanos;
}
