/** An application's own MessagePack extension value, passed through as it is. Type -1, the timestamp, becomes a Date instead. */
export class MessagePackExtension {
  readonly type: number;
  readonly data: Uint8Array;

  /** @param type -128 to 127. */
  constructor(type: number, data: Uint8Array) {
    this.type = type;
    this.data = data;
  }
}
