import { describe, expect, it } from "vitest";
import type { HubMessage } from "../protocol/hub-message.ts";
import { ProtocolError } from "../protocol/hub-protocol.ts";
import { ReplayBuffer } from "./replay-buffer.ts";

const call = (target: string): HubMessage => ({ type: 1, target, arguments: [] });
const ping: HubMessage = { type: 6 };

function bufferWith(...texts: string[]): ReplayBuffer {
  const buffer = new ReplayBuffer(100_000);
  for (const text of texts) buffer.append(text);
  return buffer;
}

describe("what is sent under stateful reconnect", () => {
  it("goes out once on a socket, and again on the next from the first unacknowledged message on", () => {
    const buffer = bufferWith("a", "b", "c");
    expect([...buffer.takeSendable()]).toEqual(["a", "b", "c"]);
    expect([...buffer.takeSendable()]).toEqual([]);
    buffer.acknowledge(1);
    expect(buffer.restart()).toBe(2);
    expect([...buffer.takeSendable()]).toEqual(["b", "c"]);
  });

  it("is announced as total plus one when everything was acknowledged", () => {
    const buffer = bufferWith("a", "b");
    expect([...buffer.takeSendable()]).toEqual(["a", "b"]);
    buffer.acknowledge(2);
    expect(buffer.restart()).toBe(3);
    expect([...buffer.takeSendable()]).toEqual([]);
  });

  it("waits once the allowance is sent ahead, and flows again with an acknowledgement", () => {
    const buffer = new ReplayBuffer(10);
    for (const text of ["12345", "67890", "next"]) buffer.append(text);
    expect([...buffer.takeSendable()]).toEqual(["12345", "67890"]);
    expect(buffer.keptBytes).toBe(14);
    buffer.acknowledge(1);
    expect([...buffer.takeSendable()]).toEqual(["next"]);
  });

  it("sends a message larger than the allowance when it stands alone", () => {
    const buffer = new ReplayBuffer(3);
    buffer.append("larger than that");
    expect([...buffer.takeSendable()]).toEqual(["larger than that"]);
  });

  it("takes an acknowledgement beyond what was sent for all that was sent", () => {
    const buffer = new ReplayBuffer(1);
    buffer.append("sent");
    buffer.append("waiting");
    expect([...buffer.takeSendable()]).toEqual(["sent"]);
    buffer.acknowledge(99);
    expect([...buffer.takeSendable()]).toEqual(["waiting"]);
  });
});

describe("what is received under stateful reconnect", () => {
  it("is acknowledged by the number of the latest message, once", () => {
    const buffer = bufferWith();
    expect([call("a"), ping, call("b")].map((message) => buffer.admits(message))).toEqual([true, true, true]);
    expect(buffer.takeAcknowledgement()).toBe(2);
    expect(buffer.takeAcknowledgement()).toBeUndefined();
  });

  it("counts only from the client's Sequence message on after a new socket", () => {
    const buffer = bufferWith();
    buffer.admits(call("a"));
    buffer.restart();
    expect(buffer.admits(call("too early"))).toBe(false);
    expect(buffer.admits(ping)).toBe(false);
    expect(buffer.takeAcknowledgement()).toBeUndefined();
    buffer.admits({ type: 9, sequenceId: 2 });
    expect(buffer.admits(call("b"))).toBe(true);
    expect(buffer.takeAcknowledgement()).toBe(2);
  });

  it("drops what was there before, even in the same frame as the Sequence message, and acknowledges it again", () => {
    const buffer = bufferWith();
    for (const target of ["a", "b"]) buffer.admits(call(target));
    expect(buffer.takeAcknowledgement()).toBe(2);
    buffer.restart();
    const frame: HubMessage[] = [{ type: 9, sequenceId: 1 }, call("a"), call("b"), call("c")];
    expect(frame.filter((message) => buffer.admits(message))).toEqual([call("c")]);
    expect(buffer.takeAcknowledgement()).toBe(3);
  });

  it("breaks the connection when messages are missing", () => {
    const buffer = bufferWith();
    buffer.admits(call("a"));
    buffer.restart();
    expect(() => buffer.admits({ type: 9, sequenceId: 3 })).toThrow(ProtocolError);
  });
});
