import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HandshakeReader } from "./handshake.ts";
import type { HubMessage } from "./hub-message.ts";
import type { HubProtocol } from "./hub-protocol.ts";
import { ProtocolError } from "./hub-protocol.ts";
import { jsonProtocol } from "./json-protocol.ts";
import { MessagePackExtension } from "./messagepack-extension.ts";
import { messagePackProtocol } from "./messagepack-protocol.ts";
import { MessagePackValueReader } from "./messagepack-value-reader.ts";
import { MessagePackWriter } from "./messagepack-writer.ts";

const maximumBytes = 1_000_000;
const id = fc.string({ minLength: 1, unit: "grapheme" });
/** What JSON itself brings back unchanged: -0 becomes 0. */
const jsonValue: fc.Arbitrary<unknown> = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)));
const binaryValue = fc.oneof(
  jsonValue,
  fc.uint8Array({ maxLength: 400 }),
  fc.date({ noInvalidDate: true }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).filter((value) => value > 2n ** 53n || value < -(2n ** 53n)),
  fc.array(fc.integer(), { maxLength: 40 }),
  fc.double(),
  fc.string({ minLength: 250, maxLength: 300 }),
  fc.tuple(fc.integer({ min: 0, max: 127 }), fc.uint8Array({ maxLength: 20 })).map(([type, data]) => new MessagePackExtension(type, data)),
);

const messages = (value: fc.Arbitrary<unknown>): fc.Arbitrary<HubMessage> => {
  const call = { target: id, arguments: fc.array(value, { maxLength: 5 }) };
  const streamIds = fc.array(id, { minLength: 1, maxLength: 3 });
  const sequenceId = fc.nat();
  return fc.oneof(
    fc.record({ type: fc.constant(1 as const), ...call }),
    fc.record({ type: fc.constant(1 as const), invocationId: id, ...call, streamIds }),
    fc.record({ type: fc.constant(4 as const), invocationId: id, ...call }),
    fc.record({ type: fc.constant(2 as const), invocationId: id, item: value }),
    fc.record({ type: fc.constant(3 as const), invocationId: id }),
    fc.record({ type: fc.constant(3 as const), invocationId: id, result: value }),
    fc.record({ type: fc.constant(3 as const), invocationId: id, error: id }),
    fc.record({ type: fc.constant(5 as const), invocationId: id }),
    fc.record({ type: fc.constant(6 as const) }),
    fc.record({ type: fc.constant(7 as const), allowReconnect: fc.boolean() }),
    fc.record({ type: fc.constant(7 as const), error: id, allowReconnect: fc.boolean() }),
    fc.record({ type: fc.constant(8 as const), sequenceId }),
    fc.record({ type: fc.constant(9 as const), sequenceId }),
  );
};

const written = (protocol: HubProtocol, message: HubMessage): Buffer => Buffer.from(protocol.write(message));

describe.each([
  { protocol: jsonProtocol, value: jsonValue },
  { protocol: messagePackProtocol, value: binaryValue },
])("the $protocol.name protocol", ({ protocol, value }) => {
  it("reads what it wrote, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(messages(value), { minLength: 1, maxLength: 5 }), fc.array(fc.nat(), { maxLength: 8 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map((message) => written(protocol, message)));
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
        const reader = protocol.createReader(maximumBytes);
        const received = places.slice(1).flatMap((end, index) => reader.push(bytes.subarray(places[index], end)));
        expect(received).toEqual(sent);
      }),
    );
  });

  it("meets any bytes with messages or a protocol error, and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          expect(Array.isArray(protocol.createReader(maximumBytes).push(Buffer.from(bytes)))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("meets damaged messages with messages or a protocol error, and nothing else", () => {
    fc.assert(
      fc.property(messages(value), fc.nat(), fc.nat({ max: 255 }), (message, place, byte) => {
        const bytes = written(protocol, message);
        bytes[place % bytes.length] = byte;
        try {
          protocol.createReader(maximumBytes).push(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses a message beyond the limit before its end has arrived", () => {
    const bytes = written(protocol, { type: 1, target: "t", arguments: ["x".repeat(2_000)] });
    expect(() => protocol.createReader(1_000).push(bytes.subarray(0, 1_500))).toThrow("The maximum message size of 1000B was exceeded.");
    expect(protocol.createReader(bytes.length).push(bytes)).toHaveLength(1);
  });
});

describe("JSON", () => {
  const read = (...records: string[]): HubMessage[] => jsonProtocol.createReader(maximumBytes).push(Buffer.from(records.map((r) => `${r}\u001e`).join("")));

  it("disregards headers, unknown properties and types of the future", () => {
    expect(read('{"type":99}', '{"type":1,"headers":{"a":"b"},"target":"t","arguments":[],"invocationId":null,"more":1}')).toEqual([
      { type: 1, target: "t", arguments: [] },
    ]);
  });

  it.each([
    ["{", "Error reading JSON."],
    ["[]", "Expected a JSON Object"],
    ["{}", "Missing required property 'type'."],
    ['{"type":1,"arguments":[]}', "'target'"],
    ['{"type":1,"target":"t"}', "'arguments'"],
    ['{"type":2,"invocationId":"1"}', "'item'"],
    ['{"type":3}', "'invocationId'"],
    ['{"type":3,"invocationId":"1","result":1,"error":"e"}', "mutually exclusive"],
    ['{"type":4,"target":"t","arguments":[]}', "'invocationId'"],
    ['{"type":1,"target":"t","arguments":[],"streamIds":[1]}', "'streamIds'"],
    ['{"type":8,"sequenceId":-1}', "'sequenceId'"],
    ['{"type":9,"sequenceId":"1"}', "'sequenceId'"],
  ])("refuses %s", (record, reason) => {
    expect(() => read(record)).toThrow(reason);
  });

  it("refuses invalid UTF-8", () => {
    const bytes = Buffer.from('{"type":1,"target":"\xff","arguments":[]}\u001e', "latin1");
    expect(() => jsonProtocol.createReader(maximumBytes).push(bytes)).toThrow("not valid UTF-8");
  });

  it("writes 64-bit integers with all digits and bytes as base64", () => {
    const text = jsonProtocol.write({ type: 2, invocationId: "1", item: { long: 2n ** 63n - 1n, bytes: Buffer.from("hello"), plain: new Uint8Array([1, 2]) } });
    expect(text).toBe('{"type":2,"invocationId":"1","item":{"long":9223372036854775807,"bytes":"aGVsbG8=","plain":"AQI="}}\u001e');
  });
});

describe("MessagePack", () => {
  const push = (...bytes: number[]) => messagePackProtocol.createReader(maximumBytes).push(Buffer.from(bytes));
  const framed = (body: Uint8Array, prefix: number[]) => push(...prefix, ...body);

  it("reads the specification's examples", () => {
    const invocation = [0x96, 0x01, 0x80, 0xa3, 0x78, 0x79, 0x7a, 0xa6, 0x6d, 0x65, 0x74, 0x68, 0x6f, 0x64, 0x91, 0x2a, 0x90];
    expect(push(invocation.length, ...invocation)).toEqual([{ type: 1, invocationId: "xyz", target: "method", arguments: [42] }]);
    expect(push(0x02, 0x91, 0x06)).toEqual([{ type: 6 }]);
    expect(push(0x04, 0x92, 0x08, 0xcc, 0x24)).toEqual([{ type: 8, sequenceId: 36 }]);
    expect(push(0x06, 0x92, 0x07, 0xa3, 0x78, 0x79, 0x7a)).toEqual([{ type: 7, error: "xyz", allowReconnect: false }]);
  });

  it("reads length prefixes of one to five bytes and refuses longer ones", () => {
    const ping = Uint8Array.of(0x91, 0x06);
    for (const prefix of [[0x02], [0x82, 0x00], [0x82, 0x80, 0x00], [0x82, 0x80, 0x80, 0x00], [0x82, 0x80, 0x80, 0x80, 0x00]]) {
      expect(framed(ping, prefix)).toEqual([{ type: 6 }]);
    }
    expect(() => push(0xff, 0xff, 0xff, 0xff, 0x08)).toThrow("Messages over 2GB");
    expect(() => push(0x80, 0x80, 0x80, 0x80, 0x80, 0x00)).toThrow("Messages over 2GB");
  });

  it("writes all three elements of a Close message: the Dart client reads the third", () => {
    expect([...Buffer.from(messagePackProtocol.write({ type: 7 }))]).toEqual([0x04, 0x93, 0x07, 0xc0, 0xc2]);
  });

  it.each([
    ["no array", encode({ type: 6 })],
    ["no type", encode(["6"])],
    ["headers that are no map", encode([5, [], "1"])],
    ["no target", encode([1, {}, null, 5, []])],
    ["no arguments", encode([1, {}, null, "t"])],
    ["an unknown kind of result", encode([3, {}, "1", 4, 1])],
    ["a result kind without result", encode([3, {}, "1", 3])],
    ["no item", encode([2, {}, "1"])],
    ["bytes behind it", Uint8Array.of(0x91, 0x06, 0xc0)],
    ["a nesting of 200 levels", Uint8Array.from([...Array.from({ length: 200 }, () => 0x91), 0xc0])],
    ["an array longer than itself", Uint8Array.of(0xdd, 0x7f, 0xff, 0xff, 0xff)],
    ["a string longer than itself", Uint8Array.of(0x91, 0xdb, 0x7f, 0xff, 0xff, 0xff)],
    ["invalid UTF-8", Uint8Array.of(0x93, 0x05, 0x80, 0xa1, 0xff)],
    ["a type MessagePack does not have", Uint8Array.of(0xc1)],
  ])("refuses a message with %s", (_what, body) => {
    const prefix = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
    expect(() => framed(body, prefix)).toThrow(ProtocolError);
  });

  it("keeps `__proto__` a property", () => {
    const body = encode([2, {}, "1", JSON.parse('{"__proto__":{"admin":true}}')]);
    const [message] = framed(body, [body.length]);
    expect(message).toMatchObject({ type: 2 });
    expect(Object.prototype).not.toHaveProperty("admin");
    expect(message?.type === 2 && typeof message.item === "object" && message.item !== null && "admin" in message.item).toBe(false);
  });

  it("writes what the reference implementation reads, and reads what it writes", () => {
    // The reference writes -0 as 0, refuses the key `__proto__`, and knows neither bigints nor this package's extensions.
    const shared = binaryValue.filter(
      (value) => !Object.is(value, -0) && typeof value !== "bigint" && !(value instanceof MessagePackExtension) && !JSON.stringify(value).includes("__proto__"),
    );
    fc.assert(
      fc.property(shared, (value) => {
        const writer = new MessagePackWriter();
        writer.value(value);
        expect(decode(Uint8Array.from(writer.take()))).toEqual(value);
        expect(new MessagePackValueReader(Buffer.from(encode(value))).value()).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it("refuses to write what cannot be read back", () => {
    const nested: unknown[] = [];
    nested.push(nested);
    expect(() => new MessagePackWriter().value(nested)).toThrow("nested deeper than 100 levels");
    expect(() => new MessagePackWriter().value(2n ** 64n)).toThrow("more than 64 bits");
    expect(() => new MessagePackWriter().value(() => 1)).toThrow("function");
  });
});

describe("the handshake", () => {
  it("is found however it is cut, with what follows it", () => {
    const bytes = Buffer.from('{"protocol":"json","version":1}\u001e{"type":6}\u001e');
    for (let cut = 0; cut < 31; cut += 1) {
      const reader = new HandshakeReader();
      expect(reader.push(bytes.subarray(0, cut))).toBeUndefined();
      const complete = reader.push(bytes.subarray(cut));
      expect(complete?.request).toEqual({ protocol: "json", version: 1 });
      expect(complete?.rest.toString()).toBe('{"type":6}\u001e');
    }
  });

  it("meets any bytes with a request, patience or a protocol error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6_000 }), (bytes) => {
        try {
          new HandshakeReader().push(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
    expect(() => new HandshakeReader().push(Buffer.alloc(5_000, 0x20))).toThrow("too long");
  });
});
