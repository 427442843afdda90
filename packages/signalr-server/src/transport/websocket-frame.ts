const finalText = 0x81;
const finalBinary = 0x82;

/**
 * One unmasked, unfragmented WebSocket frame (RFC 6455, section 5.2), header and payload in a single buffer: written to the
 * socket in one call, and shared by every connection that receives the same message.
 */
export function encodeWebSocketFrame(data: string | Uint8Array): Buffer {
  const isText = typeof data === "string";
  const length = isText ? Buffer.byteLength(data) : data.byteLength;
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame[0] = isText ? finalText : finalBinary;
  if (headerBytes === 2) frame[1] = length;
  else if (headerBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  if (isText) frame.write(data, headerBytes, length, "utf8");
  else frame.set(data, headerBytes);
  return frame;
}

/** Longer texts are cheaper as bytes than as a string that has to be flattened first. */
const maximumAsciiFrame = 8_192;

/**
 * The same frame as a string of bytes (to be written as `latin1`), where the text is plain ASCII; `undefined` where it is not.
 * Node writes a short string from the stack, without a buffer to allocate and collect.
 */
export function asciiWebSocketFrame(text: string): string | undefined {
  const { length } = text;
  if (length > maximumAsciiFrame || Buffer.byteLength(text) !== length) return undefined;
  return length < 126 ? `\x81${String.fromCharCode(length)}${text}` : `\x81\x7e${String.fromCharCode(length >> 8, length & 0xff)}${text}`;
}
