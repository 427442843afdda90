/** Where in a JSON text something stands, by the editor's syntax tree. */
import type { EditorState } from "@codemirror/state";
import { ensureSyntaxTree, syntaxTree } from "@codemirror/language";
import type { PathStep } from "../schema/json-schema.ts";

type SyntaxNode = ReturnType<typeof syntaxTree>["topNode"];

/** Parsing half a megabyte takes some tens of milliseconds; only a machine that stands still takes longer. */
const parseTimeoutMs = 5_000;

/** The editor parses in slices and may be behind; a place is looked for in what is written, not in what was parsed so far. */
function treeOf(state: EditorState, upTo: number): ReturnType<typeof syntaxTree> {
  return ensureSyntaxTree(state, upTo, parseTimeoutMs) ?? syntaxTree(state);
}

const valueNames = new Set(["Object", "Array", "String", "Number", "True", "False", "Null"]);
const isValue = ({ name }: SyntaxNode): boolean => valueNames.has(name);

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

const textOf = (state: EditorState, { from, to }: SyntaxNode): string => state.sliceDoc(from, to);

function nameOf(state: EditorState, property: SyntaxNode): string | null {
  const name = property.getChild("PropertyName");
  if (name === null) return null;
  try {
    const parsed: unknown = JSON.parse(textOf(state, name));
    return typeof parsed === "string" ? parsed : null;
  } catch {
    return null;
  }
}

/** The path from the document's root to a value or a property. */
function pathTo(state: EditorState, node: SyntaxNode): PathStep[] {
  const steps: PathStep[] = [];
  for (let at: SyntaxNode | null = node; at !== null; at = at.parent) {
    const { parent } = at;
    if (at.name === "Property") steps.unshift(nameOf(state, at) ?? "");
    else if (parent?.name === "Array" && isValue(at)) {
      const { from } = at;
      steps.unshift(childrenOf(parent).filter(isValue).findIndex((child) => child.from === from));
    }
  }
  return steps;
}

export type Place = { from: number; to: number };

/** The text at a path; where a part of it is missing, the name of the innermost thing that is there. */
export function placeOf(state: EditorState, path: readonly PathStep[]): Place {
  let node: SyntaxNode | null = childrenOf(treeOf(state, state.doc.length).topNode).find(isValue) ?? null;
  let place: Place = { from: node?.from ?? 0, to: Math.min((node?.from ?? 0) + 1, state.doc.length) };
  for (const [index, step] of path.entries()) {
    if (node === null) return place;
    let next: SyntaxNode | null = null;
    if (typeof step === "number" && node.name === "Array") {
      next = childrenOf(node).filter(isValue)[step] ?? null;
      if (next !== null) place = { from: next.from, to: next.name === "Object" || next.name === "Array" ? next.from + 1 : next.to };
    } else if (node.name === "Object") {
      const property = node.getChildren("Property").find((each) => nameOf(state, each) === String(step)) ?? null;
      const name = property?.getChild("PropertyName") ?? null;
      next = property === null ? null : (childrenOf(property).find(isValue) ?? null);
      if (name !== null) place = index === path.length - 1 && next !== null && next.name !== "Object" && next.name !== "Array" ? { from: next.from, to: next.to } : { from: name.from, to: name.to };
    }
    node = next;
  }
  return place;
}

/** What may be completed at the cursor: a property's name or a value, and what is replaced by it. */
export type Spot = { kind: "name" | "value"; path: PathStep[]; from: number; to: number };

export function spotAt(state: EditorState, position: number): Spot | null {
  const node = treeOf(state, position).resolveInner(position, -1);
  if (node.name === "PropertyName" && node.parent !== null && node.parent.parent !== null) return { kind: "name", path: pathTo(state, node.parent.parent), from: node.from, to: node.to };
  const object = node.name === "Object" ? node : node.name === "{" || node.name === "," ? node.parent : null;
  if (object?.name === "Object" && position > object.from && (position < object.to || object.lastChild?.name !== "}")) return { kind: "name", path: pathTo(state, object), from: position, to: position };
  const property = node.name === "Property" ? node : node.parent?.name === "Property" ? node.parent : null;
  if (property !== null) return { kind: "value", path: pathTo(state, property), ...(isValue(node) ? { from: node.from, to: node.to } : { from: position, to: position }) };
  if (node.parent?.name === "Array" || node.name === "Array") {
    const array = node.name === "Array" ? node : node.parent;
    if (array === null) return null;
    return isValue(node) && node !== array ? { kind: "value", path: pathTo(state, node), from: node.from, to: node.to } : { kind: "value", path: [...pathTo(state, array), 0], from: position, to: position };
  }
  return null;
}
