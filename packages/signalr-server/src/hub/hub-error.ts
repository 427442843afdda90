/**
 * An error whose text the client may read. Any other error's text stays on the server unless detailed errors are on.
 * The client sees `An unexpected error occurred invoking 'X' on the server. HubException: <text>`, as from ASP.NET Core.
 */
export class HubError extends Error {
  override readonly name = "HubException";
}
