/** The message kinds of the hub protocol: HubProtocol.md, `type` of each message. */
export const MessageType = {
  Invocation: 1,
  StreamItem: 2,
  Completion: 3,
  StreamInvocation: 4,
  CancelInvocation: 5,
  Ping: 6,
  Close: 7,
  Ack: 8,
  Sequence: 9,
} as const;

/** A call of one method. Without an `invocationId` nobody waits for an answer, and none may be sent. */
export interface InvocationMessage {
  readonly type: 1;
  readonly invocationId?: string;
  readonly target: string;
  readonly arguments: readonly unknown[];
  readonly streamIds?: readonly string[];
}

/** A call of a method whose results arrive as stream items. */
export interface StreamInvocationMessage {
  readonly type: 4;
  readonly invocationId: string;
  readonly target: string;
  readonly arguments: readonly unknown[];
  readonly streamIds?: readonly string[];
}

export interface StreamItemMessage {
  readonly type: 2;
  readonly invocationId: string;
  readonly item: unknown;
}

/** The end of an invocation or stream: an error, or a result, or neither (a void method). */
export interface CompletionMessage {
  readonly type: 3;
  readonly invocationId: string;
  readonly error?: string;
  readonly result?: unknown;
}

export interface CancelInvocationMessage {
  readonly type: 5;
  readonly invocationId: string;
}

export interface PingMessage {
  readonly type: 6;
}

export interface CloseMessage {
  readonly type: 7;
  readonly error?: string;
  readonly allowReconnect?: boolean;
}

export interface AckMessage {
  readonly type: 8;
  readonly sequenceId: number;
}

export interface SequenceMessage {
  readonly type: 9;
  readonly sequenceId: number;
}

/** The messages that are numbered, buffered and replayed by a stateful reconnect. */
export type TrackedMessage =
  | InvocationMessage
  | StreamInvocationMessage
  | StreamItemMessage
  | CompletionMessage
  | CancelInvocationMessage;

export type HubMessage = TrackedMessage | PingMessage | CloseMessage | AckMessage | SequenceMessage;

/** Whether a message takes a number in stateful reconnect (types 1 to 5). */
export function isTracked(message: HubMessage): message is TrackedMessage {
  return message.type <= MessageType.CancelInvocation;
}
