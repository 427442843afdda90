/** Who a bearer token speaks for, as the identity provider vouched for it. */
export type Identity = {
  /** The Firebase uid; at most 128 characters. */
  uid: string;
  /** When the token stops being good. */
  expiresAt: Date;
  /** When the person signed in: a revocation covers everything older. */
  signedInAt: Date;
};

/**
 * Checks a bearer token.
 * @throws UnauthenticatedError when the token is not good, IdentityUnavailableError when that cannot be found out now
 */
export type Authenticate = (bearer: string) => Promise<Identity>;

/**
 * Which of these have been revoked since they were checked: for connections that outlive their check.
 * @throws IdentityUnavailableError
 */
export type FindRevoked = (identities: readonly Identity[]) => Promise<ReadonlySet<Identity>>;

/** `message` is for our logs; whoever sent the token learns only that it is not good. */
export class UnauthenticatedError extends Error {
  override readonly name = "UnauthenticatedError";
}

export class IdentityUnavailableError extends Error {
  override readonly name = "IdentityUnavailableError";
}

/** Users are told apart by this text in every table, so it is checked wherever it enters. */
export const isUid = (value: unknown): value is string => typeof value === "string" && value.length >= 1 && value.length <= 128;
