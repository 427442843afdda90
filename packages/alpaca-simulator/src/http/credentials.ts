import { timingSafeEqual } from "node:crypto";

/** An API key pair and the account it opens. */
export type KeyPair = { keyId: string; secretKey: string; account: string };

/** The account that a pair of credentials opens, if it is one of the configured pairs. */
export function accountOf(pairs: readonly KeyPair[], keyId: unknown, secretKey: unknown): string | undefined {
  if (typeof keyId !== "string" || typeof secretKey !== "string") return undefined;
  return pairs.find((pair) => same(pair.keyId, keyId) && same(pair.secretKey, secretKey))?.account;
}

function same(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}
