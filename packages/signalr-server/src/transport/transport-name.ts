/** The transports of SignalR, named as in the negotiation. */
export type TransportName = "WebSockets" | "ServerSentEvents" | "LongPolling";
