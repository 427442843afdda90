const idBytes = 16;

/** A page's cursor is the last order's id, written so that nobody builds one by hand and comes to rely on its form. */
export const writeCursor = (orderId: string): string => Buffer.from(orderId.replaceAll("-", ""), "hex").toString("base64url");

/**
 * The order's id; undefined for what no page has ever handed out. Whose orders are read is the token's business:
 * the id of somebody else's order leads to an empty page.
 */
export function readCursor(cursor: string): string | undefined {
  const bytes = Buffer.from(cursor, "base64url");
  if (bytes.byteLength !== idBytes || bytes.toString("base64url") !== cursor) return undefined;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
