export type KillSwitchScope = { scope: "user"; firebaseUid: string } | { scope: "all" };

export const uidOf = (scope: KillSwitchScope): string | null => (scope.scope === "user" ? scope.firebaseUid : null);
