import { useEffect, useEffectEvent } from "react";

/** Keys belong to the page unless the person is typing, sliding, choosing or in a dialog. */
function isElsewhere({ target }: KeyboardEvent): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable='true'], [role='alertdialog'], [role='dialog']") !== null;
}

/** Calls `onKey` for a plain press of one of these keys, not for a held one; letters in lower case. */
export function useKeys<Key extends string>(keys: readonly Key[], onKey: (key: Key) => void): void {
  const press = useEffectEvent(onKey);
  const wanted = keys.join(" ");
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.repeat || event.metaKey || event.ctrlKey || event.altKey || isElsewhere(event)) return;
      const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const key = keys.find((each) => each === name);
      if (key === undefined) return;
      event.preventDefault();
      press(key);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
    // oxlint-disable-next-line react/exhaustive-deps -- `wanted` is `keys` by value
  }, [wanted]);
}
