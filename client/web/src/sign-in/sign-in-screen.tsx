import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { wordsForFailure } from "../api/errors.ts";
import { clientConfigQuery } from "../questions/queries.ts";
import { LocalSignIn } from "./local-sign-in.tsx";

const FirebaseSignIn = lazy(() => import("./firebase-sign-in.tsx").then((module) => ({ default: module.FirebaseSignIn })));

function FormBones() {
  return (
    <div className="flex flex-col gap-3" aria-busy="true" aria-label="Loading">
      <span className="bone h-14" />
      <span className="bone h-14" />
    </div>
  );
}

/** As the server offers it: Firebase (Google, e-mail), or a name on this machine. */
export function SignInScreen() {
  const { data: config, error, refetch } = useQuery(clientConfigQuery);
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-8 px-6 py-12">
      <header>
        <p className="flex items-center gap-2.5 text-lead font-strong tracking-tight">
          <span className="size-2 rounded-pill bg-accent" aria-hidden="true" />
          Nod
        </p>
        <h1 className="mt-6 text-figure font-strong tracking-tight text-balance">It asks before it trades.</h1>
        <p className="mt-3 text-soft">A rule of yours fires, a card comes, you decide. One answer makes at most one order, on paper first.</p>
      </header>
      {config === undefined && error === null && <FormBones />}
      {config === undefined && error !== null && (
        <div role="alert" className="flex flex-col gap-3 text-soft">
          <p>{wordsForFailure(error)}</p>
          <button type="button" onClick={() => void refetch()} className="h-14 rounded-surface bg-wash font-strong transition-colors hover:bg-wash-strong">
            Try again
          </button>
        </div>
      )}
      {config !== undefined && config.sign_in.firebase !== null && (
        <Suspense fallback={<FormBones />}>
          <FirebaseSignIn web={config.sign_in.firebase} />
        </Suspense>
      )}
      {config?.sign_in.local === true && <LocalSignIn />}
      {config !== undefined && !config.sign_in.local && config.sign_in.firebase === null && (
        <p className="text-soft">This server takes Firebase's tokens, but has not been told its web settings (FIREBASE_WEB_API_KEY, FIREBASE_WEB_APP_ID). Nobody can sign in here until it is.</p>
      )}
    </main>
  );
}
