/** The package's entrance: everything public, nothing else. */
export { createHubServer } from "./hub-server.ts";
export type { DrainOptions, HubMiddleware, HubServer } from "./hub-server.ts";
export { defineHub } from "./hub/define-hub.ts";
export type {
  DescribedMethod,
  HubDefinition,
  HubFilter,
  HubHandler,
  HubInvocation,
  MethodDefinition,
  StreamReceivingMethod,
} from "./hub/define-hub.ts";
export type { ArgumentsOf, CallNames, MethodsOf, ResultOf, StreamNames } from "./hub/contract-types.ts";
export type { Audience } from "./hub/audience.ts";
export type { CallerClients, ClientProxy, HubClients } from "./hub/clients.ts";
export type { CallerGroups, HubCall } from "./hub/hub-call.ts";
export type { HubConnection } from "./hub/hub-connection.ts";
export type { HubContext, HubGroups, InvokeClientOptions } from "./hub/hub-context.ts";
export { HubError } from "./hub/hub-error.ts";
export { PreparedMessage } from "./protocol/prepared-message.ts";
export type {
  AuthenticatedUser,
  CloseOptions,
  ConnectionRequest,
  RawConnection,
  RawConnectionHandler,
} from "./connection/connection-info.ts";
export type {
  AuthenticationRequest,
  EndpointOptions,
  HubLogger,
  HubOptions,
  HubServerOptions,
  NegotiateOverride,
  TicketOptions,
} from "./options.ts";
export { UnavailableError } from "./options.ts";
export type { TransportName } from "./transport/transport-name.ts";
export { MemoryBackplane } from "./backplane.ts";
export type { Backplane, BackplaneMessage } from "./backplane.ts";
export { MessagePackExtension } from "./protocol/messagepack-extension.ts";
export { MemoryTicketStore } from "./tickets.ts";
export type { TicketStore } from "./tickets.ts";
