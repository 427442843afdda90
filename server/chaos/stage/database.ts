/** A database of one's own, copied from the stage's migrated template. */
import { runOnce } from "./run-once.ts";

/** Of the stage's cluster, without a database's name at the end: as its owner, as who works for all users, as who answers people. */
export type Addresses = { owner: string; app: string; web: string };

export type StageDatabase = {
  /** As the role of the workers. */
  url: string;
  /** As the role that answers people, under row security. */
  webUrl: string;
  ownerUrl: string;
  drop(): Promise<void>;
};

export const template = "chaos_template";

/** The shadowed clock (stage.ts) is found before PostgreSQL's own. */
export const withOurClock = (database: string): string => `alter database ${database} set search_path = public, pg_catalog`;

/** `name`: of nobody else's in this cluster. */
export async function openDatabase(addresses: Addresses, name: string): Promise<StageDatabase> {
  const admin = `${addresses.owner}postgres`;
  await runOnce(admin, `create database ${name} template ${template} strategy file_copy`, withOurClock(name));
  return {
    url: addresses.app + name,
    webUrl: addresses.web + name,
    ownerUrl: addresses.owner + name,
    drop: () => runOnce(admin, `drop database if exists ${name} with (force)`),
  };
}
