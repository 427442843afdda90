import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState, useSyncExternalStore } from "react";
import { RefusedError } from "../api/errors.ts";
import { currentSession, onSessionChange, type Session } from "../api/session.ts";
import { useThisDevice } from "../device/use-this-device.ts";
import { SignInScreen } from "../sign-in/sign-in-screen.tsx";
import { useLiveUpdates } from "./live-updates.ts";
import { Shell } from "./shell.tsx";
import { UpdatePrompt } from "./update-prompt.tsx";

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Being offline is shown, and an answer is refused: nothing is paused and sent later.
        networkMode: "always",
        retry: (failures, error) => !(error instanceof RefusedError) && failures < 1,
        staleTime: 2_000,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

function SignedIn({ session }: { session: Session }) {
  useLiveUpdates(session);
  useThisDevice(session);
  return <Shell session={session} />;
}

/** Has a cache of its own for each person: nothing of one is ever shown to the next. */
function Visit({ session }: { session: Session | null }) {
  const [client] = useState(createQueryClient);
  return (
    <QueryClientProvider client={client}>
      {session === null ? <SignInScreen /> : <SignedIn session={session} />}
    </QueryClientProvider>
  );
}

export function App() {
  const session = useSyncExternalStore(onSessionChange, currentSession);
  return (
    <>
      <Visit key={session?.uid ?? ""} session={session} />
      <UpdatePrompt />
    </>
  );
}
