/**
 * Whether orders may be sent: closed from the start of the process, and after each reconnect of the trade stream, until
 * the books have been compared with the broker's.
 */
export type ReconciledGate = {
  isOpen(): boolean;
  /** Counts the closings. Who wants to open it names the count that held when his comparison began. */
  closings(): number;
  open(closings: number): void;
  close(): void;
  /** Called each time that it opens after having been closed. */
  onOpen(listener: () => void): void;
};

export function createReconciledGate(): ReconciledGate {
  let isOpen = false;
  let closings = 0;
  const listeners: (() => void)[] = [];
  return {
    isOpen: () => isOpen,
    closings: () => closings,
    open: (asOf) => {
      // It was closed again meanwhile: the comparison may have missed what happened just before that.
      if (isOpen || asOf !== closings) return;
      isOpen = true;
      for (const listener of listeners) listener();
    },
    close: () => {
      isOpen = false;
      closings += 1;
    },
    onOpen: (listener) => {
      listeners.push(listener);
    },
  };
}
