import { useState, type FormEvent } from "react";
import { wordsForFailedSignIn } from "../api/errors.ts";
import { http } from "../api/http.ts";
import { setSession } from "../api/session.ts";

/** A local session: any name, on this machine only. The server refuses it in production. */
export function LocalSignIn() {
  const [name, setName] = useState("demo");
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function signIn(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    const uid = name.trim();
    try {
      const { token } = await http.startSession(uid);
      setSession({ uid, token });
    } catch (error) {
      setFailure(wordsForFailedSignIn(error));
      setBusy(false);
    }
  }

  return (
    <>
      <form onSubmit={(event) => void signIn(event)} className="flex flex-col gap-3">
        <label htmlFor="uid" className="text-small text-soft">
          Your name on this machine
        </label>
        <input
          id="uid"
          name="uid"
          value={name}
          onChange={(event) => setName(event.target.value)}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          aria-describedby={failure === null ? undefined : "sign-in-failure"}
          className="h-14 rounded-surface border border-line bg-card px-5 text-body"
        />
        <button type="submit" disabled={busy} className="h-14 rounded-surface bg-accent text-body font-strong text-on-accent transition-colors hover:bg-accent-strong disabled:opacity-60">
          {busy ? "Signing in" : "Sign in"}
        </button>
        <p id="sign-in-failure" role="alert" className="min-h-5.5 text-small text-red">
          {failure}
        </p>
      </form>
      <p className="text-small text-faint">A local session, for trying things out. It ends with this tab.</p>
    </>
  );
}
