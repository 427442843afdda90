/** The unmodified @microsoft/signalr client, with its negotiation and its ticket, which phones use in earnest. */
import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { questionsHubPath } from "@nod/contract/hub";
import { failureOf, toldOf, type OpenLine } from "./hub-line.ts";

export const openFixedLine: OpenLine = async ({ address, token, onTold }) => {
  const connection = new HubConnectionBuilder()
    .withUrl(`${address}${questionsHubPath}`, { accessTokenFactory: () => token, transport: HttpTransportType.WebSockets })
    .configureLogging(LogLevel.None)
    .build();
  for (const method of ["ReceiveQuestion", "QuestionClosed", "ReceiveTradeUpdate"]) {
    connection.on(method, (content: unknown) => {
      const told = toldOf(method, content);
      if (told !== null) onTold(told);
    });
  }
  const over = Promise.withResolvers<void>();
  connection.onclose(() => over.resolve());
  await connection.start();
  return {
    closed: over.promise,
    close: () => void connection.stop(),
    invoke: (method, ...args) =>
      connection.invoke<unknown>(method, ...args).catch((error: unknown) => {
        // The client names what the hub refused so; everything else is the connection's end.
        throw error instanceof Error && error.message.includes("HubException") ? failureOf(error.message) : error;
      }),
  };
};
