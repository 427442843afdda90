import { http } from "../api/http.ts";
import { setSession, type Session } from "../api/session.ts";
import { thisDeviceId } from "./this-device.ts";

/** Ends the session here. The server is asked to push nothing more to this device; when it cannot be reached, signing out goes on. */
export async function signOut(session: Session): Promise<void> {
  await http.removeDevice(thisDeviceId()).catch(() => null);
  await session.end?.().catch(() => undefined);
  setSession(null);
}
