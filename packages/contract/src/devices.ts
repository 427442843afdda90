import { Type, type Static } from "typebox";
import { Instant, Uuid } from "./primitives.ts";

/** A user's devices are few; a new one beyond this many takes the place of the one that was away longest. */
export const maxDevices = 20;

/** A browser in which a user has signed in. Its push token is never told to anybody. */
export const Device = Type.Object(
  { id: Uuid, label: Type.String(), notifications: Type.Boolean(), created_at: Instant, last_seen_at: Instant },
  { additionalProperties: false },
);
export type Device = Static<typeof Device>;

export const DevicesPage = Type.Object({ devices: Type.Array(Device, { maxItems: maxDevices }), server_time: Instant }, { $id: "DevicesPage", additionalProperties: false });
export type DevicesPage = Static<typeof DevicesPage>;

/** `push_token` null: no notifications. Left out: as it was. */
export const DeviceRegistration = Type.Object(
  { label: Type.String({ minLength: 1, maxLength: 80 }), push_token: Type.Optional(Type.Union([Type.String({ minLength: 1, maxLength: 4_096 }), Type.Null()])) },
  { $id: "DeviceRegistration", additionalProperties: false },
);
export type DeviceRegistration = Static<typeof DeviceRegistration>;

/** All that a push carries: which question to open. What is asked and for how much, only a signed-in client learns. */
export type PushData = { question_id: string };
