import { useState, type FormEvent } from "react";
import type { FirebaseWeb } from "../firebase/firebase-app.ts";
import { startFirebaseSignIn } from "../firebase/sign-in.ts";
import { wordsForFirebase } from "../firebase/words.ts";

const field = "h-14 rounded-surface border border-line bg-card px-5 text-body";
const quiet = "min-h-11 text-small text-soft underline decoration-line underline-offset-4 hover:decoration-ink disabled:text-faint";

/** Google, or e-mail and password. Who has signed in before in this browser is taken up again without a word. */
export function FirebaseSignIn({ web }: { web: FirebaseWeb }) {
  const [signIn] = useState(() => startFirebaseSignIn(web));
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [said, setSaid] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function attempt(work: () => Promise<void>, done: string | null): Promise<void> {
    setBusy(true);
    setSaid(null);
    try {
      await work();
      setSaid(done);
    } catch (error) {
      setSaid(wordsForFirebase(error));
    }
    setBusy(false);
  }
  function submit(event: FormEvent): void {
    event.preventDefault();
    void attempt(() => signIn.withEmail(email, password), null);
  }

  return (
    <div className="flex flex-col gap-3">
      <button type="button" disabled={busy} onClick={() => void attempt(() => signIn.withGoogle(), null)} className="h-14 rounded-surface bg-wash font-strong transition-colors hover:bg-wash-strong disabled:opacity-60">
        Continue with Google
      </button>
      <p className="text-center text-small text-faint">or with your e-mail</p>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <label className="flex flex-col gap-1 text-small text-soft">
          E-mail
          <input type="email" required autoComplete="email" value={email} onChange={(event) => setEmail(event.target.value)} className={field} />
        </label>
        <label className="flex flex-col gap-1 text-small text-soft">
          Password
          <input type="password" required minLength={6} autoComplete="current-password" value={password} onChange={(event) => setPassword(event.target.value)} className={field} />
        </label>
        <button type="submit" disabled={busy} className="h-14 rounded-surface bg-accent text-body font-strong text-on-accent transition-colors hover:bg-accent-strong disabled:opacity-60">
          Sign in
        </button>
      </form>
      <div className="flex justify-between gap-4">
        <button type="button" disabled={busy || email === "" || password.length < 6} onClick={() => void attempt(() => signIn.register(email, password), null)} className={quiet}>
          Create an account
        </button>
        <button type="button" disabled={busy || email === ""} onClick={() => void attempt(() => signIn.resetPassword(email), "A link to set a new password is on its way, if there is such an account.")} className={quiet}>
          Forgot the password
        </button>
      </div>
      <p role="alert" className="min-h-5.5 text-small text-soft">
        {said}
      </p>
    </div>
  );
}
