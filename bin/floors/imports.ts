/** Reads what a source file imports, in every form: values, types, re-exports, `import()`, `import("…").Type`, `require`. */
import { parseSync } from "oxc-parser";

export interface Import {
  /** As written, such as `../db/pool.ts` or `@nod/contract/question`. */
  specifier: string;
  /** Line in the file, from 1. */
  line: number;
}

/** @throws when the file cannot be parsed */
export function readImports(path: string, text: string): Import[] {
  const { program, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const found: Import[] = [];
  walk(program, (node) => {
    const source = importSource(node);
    if (source !== undefined) found.push({ specifier: source.value, line: lineAt(text, source.start) });
  });
  return found;
}

type Node = Readonly<Record<string, unknown>>;

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  else if (isNode(value)) {
    if (typeof value["type"] === "string") visit(value);
    for (const inner of Object.values(value)) if (isNode(inner)) walk(inner, visit);
  }
}

function importSource(node: Node): { value: string; start: number } | undefined {
  switch (node["type"]) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return textLiteral(node["source"]);
    case "TSExternalModuleReference":
      return textLiteral(node["expression"]);
    case "CallExpression":
      return isNode(node["callee"]) && node["callee"]["name"] === "require" && Array.isArray(node["arguments"]) ? textLiteral(node["arguments"][0]) : undefined;
    default:
      return undefined;
  }
}

function textLiteral(node: unknown): { value: string; start: number } | undefined {
  if (!isNode(node) || typeof node["value"] !== "string" || typeof node["start"] !== "number") return undefined;
  return { value: node["value"], start: node["start"] };
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
