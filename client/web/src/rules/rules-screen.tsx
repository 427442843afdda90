import { useQuery } from "@tanstack/react-query";
import type { ConfigResponse } from "@nod/contract/config-exchange";
import { lazy, Suspense } from "react";
import { wordsForFailure } from "../api/errors.ts";
import { BackIcon } from "../app/icons.tsx";
import { Link } from "../app/link.tsx";
import type { RulesPlace } from "../app/routes.ts";
import { configQuery } from "../questions/queries.ts";
import { RulesList } from "./rules-list.tsx";

// Schemas, forms and the text editor come to those who edit.
const RuleEditor = lazy(() => import("./rule-editor.tsx").then((module) => ({ default: module.RuleEditor })));
const NewRule = lazy(() => import("./new-rule.tsx").then((module) => ({ default: module.NewRule })));
const DocumentEditor = lazy(() => import("./document-editor.tsx").then((module) => ({ default: module.DocumentEditor })));

function Place({ place, config }: { place: RulesPlace; config: ConfigResponse }) {
  switch (place.kind) {
    case "list":
      return <RulesList config={config} />;
    case "rule":
      return <RuleEditor key={place.ruleId} config={config} ruleId={place.ruleId} />;
    case "new":
      return <NewRule config={config} />;
    case "document":
      return <DocumentEditor config={config} />;
  }
}

const bones = <div className="bone mx-5 h-24" aria-busy="true" aria-label="Loading" />;

/** The rules: all of them, one of them, a new one, or the whole document as text. */
export function RulesScreen({ place }: { place: RulesPlace }) {
  const { data: config, error } = useQuery(configQuery);
  return (
    <div className="relative mx-auto flex min-h-0 w-full max-w-2xl flex-1 flex-col overflow-y-auto pb-8">
      <h1 className={place.kind === "list" ? "px-5 pt-2 pb-4 text-lead font-strong tracking-tight" : "sr-only"}>Rules</h1>
      {place.kind !== "list" && (
        <Link to={{ screen: "rules", place: { kind: "list" } }} className="ml-3 inline-flex min-h-11 items-center gap-1 self-start pr-3 text-small text-soft hover:text-ink">
          <BackIcon /> Rules
        </Link>
      )}
      {error !== null && config === undefined && (
        <p role="alert" className="px-5 text-soft">
          {wordsForFailure(error)}
        </p>
      )}
      {config === undefined && error === null && bones}
      {config !== undefined && (
        <Suspense fallback={bones}>
          <Place place={place} config={config} />
        </Suspense>
      )}
    </div>
  );
}
