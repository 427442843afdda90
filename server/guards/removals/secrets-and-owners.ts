/** Law 14: what is told of secrets, and whose rows a statement reaches. */
import type { Proof, Removal } from "../removal.ts";

const isolation = (named: string): [Proof] => [{ file: "server/test/trading/row-security.test.ts", named }];
const owners = (named: string): [Proof] => [{ file: "server/test/trading/whose-rows.test.ts", named }];
const calls = (named: string): [Proof] => [{ file: "server/test/http/calls.test.ts", named }];
const answers = (named: string): [Proof] => [{ file: "server/test/pipeline/answer.test.ts", named }];
const undo = (named: string): [Proof] => [{ file: "server/test/trading/undo.test.ts", named }];

const law = (name: string, file: string, find: string, replace: string, tests: [Proof, ...Proof[]]): Removal => ({ name, of: { law: 14 }, file, find, replace, tests });

const rowSecurity = "server/migrations/0013_row-security.sql";
const orders = "server/src/trading/orders/orders-table.ts";
const questions = "server/src/pipeline/questions-table.ts";

export const secretsAndOwners: readonly Removal[] = [
  law("Row security is off", rowSecurity, "execute format('alter table %I enable row level security', named);", "", isolation("every table is under forced row security")),
  law("Row security does not bind the owner", rowSecurity, "execute format('alter table %I force row level security', named);", "", isolation("every table is under forced row security")),
  law("The web's role sees everybody's rows", rowSecurity, "to nod_web using (firebase_uid = current_setting(''nod.uid'', true))', named);", "to nod_web using (true)', named);", isolation("in the name of mallory it sees hers and none of alice's")),
  law("The web's role sees everybody's chains", rowSecurity, "on event_chains to nod_web using (chain = current_setting('nod.uid', true));", "on event_chains to nod_web using (true);", isolation("in the name of mallory it sees hers and none of alice's")),
  law("The web's role sees everybody's decisions", rowSecurity, "and i.firebase_uid = current_setting('nod.uid', true)));", "));", isolation("no policy of the web's role lets through what names another user")),
  law("The best results of a day are everybody's to see", "server/migrations/0014_halts.sql", "using (firebase_uid = current_setting('nod.uid', true))", "using (true)", isolation("no policy of the web's role lets through what names another user")),
  law("The web's role logs in another's name", "server/migrations/0016_one-users-events.sql", "and (current_setting('nod.uid', true) = all (firebase_uids)) is not true then", "and false then", isolation("takes from the web's role what is of its user, and of nobody else")),
  law("The web's role works in nobody's name", "server/src/db/user-lock.ts", ", set_config('nod.uid', $1::text, true)", "", isolation("run as the web's role: an answer that makes an order, and taking it back")),
  law("The name of a user outlives his transaction", "server/src/db/user-db.ts", "select set_config('nod.uid', $1::text, true)", "select set_config('nod.uid', $1::text, false)", isolation("holds for one transaction and not for the next on the same connection")),
  law("Somebody answers another's question", questions, "where q.id = $1::uuid and q.firebase_uid = $2::text\n      for update of q", "where q.id = $1::uuid and $2::text <> ''\n      for update of q", answers("an unknown question, somebody else's and nonsense are told apart by nobody")),
  law("An answer is judged by another's limits", "server/src/trading/risk/risk-context-table.ts", "where id = $1::uuid and firebase_uid = $2::text and pipeline_key = 'trading'", "where id = $1::uuid and $2::text <> '' and pipeline_key = 'trading'", owners("what an answer is judged by")),
  law("Somebody takes back another's approval", orders, "where o.question_id = $1::uuid and o.firebase_uid = $2::text and o.status = 'pending_submit'", "where o.question_id = $1::uuid and $2::text <> '' and o.status = 'pending_submit'", undo("a question of somebody else, of nobody, and one without an order cannot be told from what they are")),
  law("Somebody is told what became of another's approval", orders, "where o.question_id = $1::uuid and o.firebase_uid = $2::text`", "where o.question_id = $1::uuid and $2::text <> ''`", undo("a question of somebody else, of nobody, and one without an order cannot be told from what they are")),
  law("Somebody is told of another's question when he takes it back", "server/src/pipeline/undo.ts", 'if (question?.firebaseUid !== of.firebaseUid) return { kind: "not_found" };', 'if (question === undefined) return { kind: "not_found" };', owners("a question that made no order")),
  law("Somebody reads another's orders", orders, "where o.firebase_uid = $1::text\n       and ($2::uuid is null", "where $1::text <> ''\n       and ($2::uuid is null", owners("the list of orders")),
  law("Somebody reads an order of another by its id", orders, "where o.id = $2::uuid and o.firebase_uid = $1::text`", "where o.id = $2::uuid and $1::text <> ''`", owners("one order")),
  law("Somebody reads the story of another's order", "server/src/trading/audit/events-table.ts", "where o.id = $2::uuid and o.firebase_uid = $1::text", "where o.id = $2::uuid and $1::text <> ''", owners("the story of an order")),
  law("Somebody reads another's open questions", questions, "where q.firebase_uid = $1::text and q.status = 'open' and", "where $1::text <> '' and q.status = 'open' and", owners("the open questions")),
  law("Somebody reads a question of another by its id", "server/src/http/database-services.ts", ".find((question) => question.firebaseUid === uid);", ".find((question) => question.firebaseUid !== \"\");", owners("one question")),
  law("Somebody is told of another's question by the hub", "server/src/realtime/outbox-messages.ts", "`${firebaseUid} ${id}`;", "`${firebaseUid === \"\" ? firebaseUid : \"\"} ${id}`;", [{ file: "server/test/realtime/outbox-delivery.test.ts", named: "a row that tells of somebody else's question is sent to nobody, and stops nothing" }]),
  law("Somebody acknowledges for another", "server/src/trading/outbox/outbox-table.ts", "least($2::int8, last_seq))\n     where firebase_uid = $1::text", "least($2::int8, last_seq))\n     where $1::text <> ''", owners("an acknowledgement")),
  law("Nobody has to sign in for the hub", "server/src/realtime/questions-hub.ts", "if (error instanceof UnauthenticatedError) return null;", 'if (error instanceof UnauthenticatedError) return { userId: "somebody", expiresAt: Date.now() + 60_000, claims: {} };', [{ file: "server/test/realtime/hub-sign-in.test.ts", named: "the hub's door" }]),
  law("A query string is in the log", "server/src/http/request-log.ts", "request.path.slice(0, longestLoggedPath)", "request.originalUrl.slice(0, longestLoggedPath)", calls("no token and no query string is in any log line")),
  law("A failure tells the caller its cause", "server/src/http/error-reply.ts", '?? refuse("internal");\n  return refuse("internal");', '?? refuse("internal");\n  return refuse("internal", { detail: String(error) });', calls("is the request's id to the caller, and the cause to the log")),
  law("A part that is not ready tells why in the driver's words", "server/src/http/readiness.ts", '} catch {\n    return { ready: false, detail: "It cannot be asked." };', '} catch (error) {\n    return { ready: false, detail: String(error) };', [{ file: "server/test/http/readiness.test.ts", named: "a database that is not there, and a part that never answers, are unready without a word about hosts and users" }]),
  law("An environment that does not fit is told with its values", "server/src/config.ts", "problems.push(`${name} must be an address that", "problems.push(`${name}=${text} must be an address that", [{ file: "server/src/config.test.ts", named: "every fault is named at once, and no secret with them" }]),
  law("A database that cannot be reached is told with its password", "server/src/db/migrate.ts", "cannot connect to the database to migrate it: ${reasonOf(error)}", "cannot connect to the database to migrate it: ${settings.url} ${reasonOf(error)}", [{ file: "server/test/db/migrate.test.ts", named: "a database that cannot be reached is a clear refusal without the password" }]),
  law("A key that others could read is left open to them", "server/src/http/auth/local-secret.ts", "if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);", "if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o644);", [{ file: "server/src/http/auth/local-secret.test.ts" }]),
  law("Local sign-in starts in production", "server/src/config.ts", 'if (at.isProduction) read.problem("AUTH_MODE=local', 'if (at.isProduction && at.host === "") read.problem("AUTH_MODE=local', [{ file: "server/src/config.test.ts", named: "local sign-in is refused in production" }]),
  law("Local sign-in starts off loopback", "server/src/config.ts", "if (!loopbackHosts.has(at.host)) read.problem", 'if (at.host === "") read.problem', [{ file: "server/src/config.test.ts", named: "local sign-in is refused off loopback" }]),
];
