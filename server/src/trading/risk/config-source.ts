import type { CompiledConfig } from "../rules/compiled-rule.ts";
import { resolveStoredConfig, resolveTemplate } from "../config/resolve.ts";
import type { ConfigSource } from "./risk-context-table.ts";

/** The effective configs of this process's memory, and the way to make one from documents that memory has not caught up with. */
export function configSourceOf(compiled: { get(firebaseUid: string): CompiledConfig | undefined }): ConfigSource {
  return {
    held: (firebaseUid) => {
      const held = compiled.get(firebaseUid);
      return held === undefined ? undefined : { revision: held.revision, config: held.effective };
    },
    resolve: (template, own) => {
      const base = resolveTemplate(template);
      if (!base.ok) return null;
      const resolved = resolveStoredConfig(base.config, own);
      return resolved.ok ? resolved.config : null;
    },
  };
}
