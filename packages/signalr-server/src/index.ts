/** The package's entrance: everything public, nothing else. */
export { createHubServer } from "./hub-server.ts";
export type { DrainOptions, HubMiddleware, HubServer } from "./hub-server.ts";
export { defineHub } from "./hub/contract.ts";
export type {
  ArgumentsOf,
  CallNames,
  DescribedMethod,
  HubDefinition,
  HubFilter,
  HubHandler,
  HubInvocation,
  MethodDefinition,
  MethodsOf,
  ResultOf,
  StreamNames,
  StreamReceivingMethod,
} from "./hub/contract.ts";
export type { Audience } from "./hub/audience.ts";
export type { CallerClients, ClientProxy, HubClients } from "./hub/clients.ts";
export type { CallerGroups, HubCall, HubConnection } from "./hub/hub-call.ts";
export type { HubContext, HubGroups, InvokeClientOptions } from "./hub/hub-context.ts";
export { HubError } from "./hub/hub-error.ts";
export { PreparedMessage } from "./protocol/prepared-message.ts";
export type {
  AuthenticatedUser,
  CloseOptions,
  ConnectionRequest,
  RawConnection,
  RawConnectionHandler,
  TransportName,
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
export type { Backplane, BackplaneMessage } from "./backplane.ts";
export { MemoryTicketStore } from "./tickets.ts";
export type { TicketStore } from "./tickets.ts";
