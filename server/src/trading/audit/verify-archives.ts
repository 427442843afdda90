/** Whether the archives of the log are what was written, and fit into the chains that they were taken from. */
import { join } from "node:path";
import type { Db } from "../../db/pool.ts";
import { digestOfFile, readArchive, saidBy, type ArchivedEvent } from "./archive-file.ts";
import { readAnchors, readArchives, type EventAnchor, type EventArchive } from "./archives-table.ts";
import { eventHash, nothingBefore, sha256 } from "./event-hash.ts";

export type ArchiveBreak = { archive: string; reason: string };
export type ArchivesReport = { archives: number; events: number; breaks: ArchiveBreak[] };

/** Each archive's file is read from end to end. The first fault of each that has one. */
export async function verifyArchives(db: Db, folder: string): Promise<ArchivesReport> {
  const archives = await readArchives(db);
  const breaks: ArchiveBreak[] = [];
  for (const archive of archives) {
    const reason = await faultOf(archive, join(folder, archive.file), await readAnchors(db, archive.name));
    if (reason !== null) breaks.push({ archive: archive.name, reason });
  }
  return { archives: archives.length, events: archives.reduce((sum, { events }) => sum + events, 0), breaks };
}

async function faultOf(archive: EventArchive, path: string, anchors: EventAnchor[]): Promise<string | null> {
  try {
    if ((await digestOfFile(path)) !== archive.fileDigest) return "its file is not the one that was written";
    const walk = createWalk(anchors);
    for await (const event of readArchive(path)) {
      const fault = walk.step(event);
      if (fault !== null) return `number ${event.place} of ${event.firebase_uid ?? "everybody"}: ${fault}`;
    }
    return walk.end(archive);
  } catch (error) {
    return `its file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Where the walk stands within one stretch of a chain. */
type Place = { anchor: EventAnchor; place: number; hash: string };

function createWalk(anchors: readonly EventAnchor[]) {
  const unmet = new Map(anchors.map((anchor) => [`${anchor.firstPlace} ${anchor.chain}`, anchor]));
  let events = 0;
  let digest = nothingBefore;
  let at: Place | null = null;

  const isWhole = ({ anchor, place, hash }: Place): boolean => place === anchor.lastPlace && hash === anchor.hash;

  return {
    step(event: ArchivedEvent): string | null {
      events += 1;
      digest = sha256(Buffer.from(digest, "hex"), Buffer.from(event.hash, "hex"));
      if (event.hash !== eventHash(event.hash_before, saidBy(event))) return "it says something else than when it was written";
      const chain = event.firebase_uid ?? "";
      const follows = at !== null && at.anchor.chain === chain && at.place + 1 === event.place;
      if (follows && at !== null && at.hash !== event.hash_before) return "it does not follow the event before it";
      if (!follows) {
        if (at !== null && !isWhole(at)) return "the stretch before it ends elsewhere than when it was archived";
        const name = `${event.place} ${chain}`;
        const anchor = unmet.get(name);
        if (anchor?.hashBefore !== event.hash_before) return "it does not begin where the chain left off";
        unmet.delete(name);
        at = { anchor, place: event.place, hash: event.hash };
      } else if (at !== null) at = { anchor: at.anchor, place: event.place, hash: event.hash };
      return null;
    },
    end(archive: EventArchive): string | null {
      if (at !== null && !isWhole(at)) return "its last stretch ends elsewhere than when it was archived";
      if (unmet.size > 0) return `${unmet.size} stretches of chains are not in it`;
      if (events !== archive.events || digest !== archive.digest) return "it holds other events than were archived";
      return null;
    },
  };
}
