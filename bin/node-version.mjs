// @ts-check
/** Kept in syntax that any Node with modules can read, so that an old one gets a message and not a syntax error. */

/** As `engines` in package.json says. */
export const oldestNode = "20.19.0";

/** @param {string} version such as `20.19.0` */
export function supportsNode(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split(".").map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}
