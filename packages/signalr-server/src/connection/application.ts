/** What runs on a connection: a hub session or an application's raw handler. */
export interface Application {
  /** A returned promise asks for no more until it resolves. */
  receive(data: Buffer, isText: boolean): Promise<void> | undefined;
  /** The client is back on a new socket after a stateful reconnect. */
  transportReplaced(): void;
  /** The connection has ended; called once. */
  ended(error: Error | undefined): void;
  /** Called about once a second with the monotonic time in milliseconds. */
  tick(now: number): void;
  /** Says goodbye in the application's way and ends the connection. */
  dismiss(close: { readonly error?: string; readonly allowReconnect?: boolean }): void;
  /** Whether nothing of the client's is being worked on: a drain may dismiss it now. */
  readonly idle: boolean;
}
