import { UnauthenticatedError } from "../../core/identity.ts";

/** Firebase's tokens have about 1,000 characters; nothing longer is worth a signature check. */
const longestTokenCharacters = 8_192;
const bearerScheme = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i;

/** The token of an `Authorization` header (RFC 6750 section 2.1). @throws UnauthenticatedError */
export function bearerOf(authorization: string | undefined): string {
  if (authorization === undefined) throw new UnauthenticatedError("there is no Authorization header");
  const token = authorization.length <= longestTokenCharacters ? bearerScheme.exec(authorization)?.[1] : undefined;
  if (token === undefined) throw new UnauthenticatedError("the Authorization header holds no bearer token");
  return token;
}
