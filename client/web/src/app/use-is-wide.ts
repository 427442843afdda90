import { useSyncExternalStore } from "react";

/** As wide as the stylesheet's `lg`. */
const wide = matchMedia("(min-width: 64rem)");

function onChange(look: () => void): () => void {
  wide.addEventListener("change", look);
  return () => wide.removeEventListener("change", look);
}

/** Whether there is room for a second column; what stands in it is neither made nor fetched where there is none. */
export const useIsWide = (): boolean => useSyncExternalStore(onChange, () => wide.matches);
