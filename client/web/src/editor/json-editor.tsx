/** CodeMirror, with as little of it as a config needs. Loaded when somebody edits text. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useEffectEvent, useRef } from "react";
import type { ProblemError } from "@nod/contract/problem";
import { pathOf, type SchemaBook } from "../schema/json-schema.ts";
import { completeFrom } from "./complete.ts";
import { placeOf } from "./json-places.ts";

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--ink)", fontWeight: "600" },
  { tag: tags.string, color: "var(--accent)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--amber)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--ink-faint)" },
]);

const looks = EditorView.theme({
  "&": { height: "100%", fontSize: "0.8125rem", backgroundColor: "var(--card)", color: "var(--ink)" },
  ".cm-scroller": { fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace", lineHeight: "1.375rem" },
  ".cm-gutters": { backgroundColor: "var(--card)", color: "var(--ink-faint)", border: "none" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--wash-strong) !important" },
  ".cm-matchingBracket": { backgroundColor: "var(--wash) !important" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line)", borderRadius: "0.5rem", overflow: "hidden" },
  ".cm-tooltip-autocomplete ul li": { padding: "0.25rem 0.5rem" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--wash-strong)", color: "var(--ink)" },
  ".cm-completionDetail": { color: "var(--ink-faint)", fontStyle: "normal" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--red)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--amber)" },
});

export type Remark = ProblemError & { severity: "error" | "warning" };

export type JsonEditorProps = {
  label: string;
  /** What it begins with; afterwards the text is the editor's. */
  initial: string;
  schema: SchemaBook;
  /** Shown at the places that their pointers name. */
  remarks: readonly Remark[];
  onChange: (text: string) => void;
};

function diagnosticsOf(state: EditorState, remarks: readonly Remark[]): Diagnostic[] {
  return remarks.map(({ pointer, message, severity }) => ({ ...placeOf(state, pathOf(pointer)), message, severity }));
}

export function JsonEditor({ label, initial, schema, remarks, onChange }: JsonEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changed = useEffectEvent(onChange);
  useEffect(() => {
    if (place.current === null) return undefined;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: initial,
        extensions: [
          lineNumbers(),
          history(),
          json(),
          syntaxHighlighting(colours),
          bracketMatching(),
          closeBrackets(),
          indentOnInput(),
          lintGutter(),
          autocompletion({ override: [completeFrom(schema)], icons: false }),
          // Tab is not taken: it leads out of the editor, as everywhere.
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
          EditorView.lineWrapping,
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed(update.state.doc.toString());
          }),
          looks,
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
    // oxlint-disable-next-line react/exhaustive-deps -- the text is the editor's once it is open
  }, [label, schema]);
  useEffect(() => {
    const { current } = view;
    current?.dispatch(setDiagnostics(current.state, diagnosticsOf(current.state, remarks)));
  }, [remarks]);
  return <div ref={place} className="h-full" data-editor="json" />;
}
