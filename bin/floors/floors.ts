/** Holds the floors: imports run downward only, neighbours do not know each other, nothing runs in a circle. */
import { findCycles } from "./cycles.ts";
import { compositionFloor, roomsOfRooms, serverFloors, workspaces } from "./house.ts";
import type { Edge, SourceGraph } from "./source-graph.ts";

/** @returns one line for each violation, such as `server/src/db/x.ts:3 imports server/src/http/y.ts: …` */
export function findViolations({ files, edges }: SourceGraph): string[] {
  return [...edges.flatMap(judge), ...strangers(files), ...fileCycles(edges), ...roomsOfRooms.flatMap((room) => roomCycles(room, edges))];
}

function judge(edge: Edge): string[] {
  const complaint = judgeWorkspace(edge) ?? judgeFloor(edge);
  return complaint === undefined ? [] : [`${edge.from}:${edge.line} imports ${edge.to}: ${complaint}`];
}

function judgeWorkspace({ from, to }: Edge): string | undefined {
  const [importer, imported] = [workspaceOf(from), workspaceOf(to)];
  if (importer === undefined || imported === undefined || importer === imported) return undefined;
  return workspaces[importer]?.includes(imported) === true ? undefined : `${importer} must not know ${imported}`;
}

function judgeFloor({ from, to }: Edge): string | undefined {
  const [importer, imported] = [serverRoom(from), serverRoom(to)];
  if (importer === undefined || imported === undefined || importer.name === imported.name || imported.floor < importer.floor) return undefined;
  if (imported.floor === importer.floor) return `${importer.name} and ${imported.name} are neighbours on floor ${importer.floor}`;
  return `${importer.name} is on floor ${importer.floor}, ${imported.name} above it on ${imported.floor}`;
}

/** The longest folder of the table that holds the file. */
function workspaceOf(file: string): string | undefined {
  return Object.keys(workspaces)
    .filter((folder) => file.startsWith(`${folder}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

function serverRoom(file: string): { name: string; floor: number } | undefined {
  const inside = /^server\/src\/(.+)$/.exec(file)?.[1];
  if (inside === undefined) return undefined;
  const [room = "", ...rest] = inside.split("/");
  if (rest.length === 0) return { name: "the composition root", floor: compositionFloor };
  return { name: room, floor: serverFloors[room] ?? Number.NaN };
}

/** A room that stands on no floor, and a file in no room. */
function strangers(files: string[]): string[] {
  const rooms = new Set(files.map((file) => /^server\/src\/([^/]+)\//.exec(file)?.[1]).filter((room) => room !== undefined));
  return [
    ...[...rooms].filter((room) => serverFloors[room] === undefined).map((room) => `server/src/${room} stands on no floor: give it one in bin/floors/house.ts`),
    ...files.filter((file) => workspaceOf(file) === undefined).map((file) => `${file} is in no workspace of bin/floors/house.ts`),
  ];
}

function fileCycles(edges: Edge[]): string[] {
  return findCycles(arrowsOf(edges.map(({ from, to }) => [from, to]))).map((cycle) => `files import each other in a circle: ${cycle.join(" → ")}`);
}

/** A test beside its unit may set it up with what the unit itself must not know. */
function roomCycles(room: string, edges: Edge[]): string[] {
  const innerRoom = (file: string): string | undefined => (file.startsWith(`${room}/`) ? file.slice(room.length + 1).split("/").slice(0, -1)[0] : undefined);
  const arrows: [string, string][] = [];
  for (const { from, to } of edges) {
    const [a, b] = [innerRoom(from), innerRoom(to)];
    if (a !== undefined && b !== undefined && a !== b && !from.endsWith(".test.ts")) arrows.push([a, b]);
  }
  return findCycles(arrowsOf(arrows)).map((cycle) => `rooms of ${room} know each other in a circle: ${cycle.join(" → ")}`);
}

function arrowsOf(pairs: [string, string][]): Map<string, Set<string>> {
  const arrows = new Map<string, Set<string>>();
  for (const [from, to] of pairs) arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
  return arrows;
}
