import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { HubEvents, QuestionsHub } from "../api/hub.ts";
import { currentSession, type Session } from "../api/session.ts";
import { connection } from "../live/connection.ts";
import { asked, closed } from "../questions/deck.ts";
import { changeDeck, deckKey, lookAgainAtActivity, lookAgainAtStandings, statusQuery, takeOrder } from "../questions/queries.ts";

/** Writes what the hub tells into the query cache, as long as this person is signed in; a renewed token does not interrupt it. */
export function useLiveUpdates({ uid }: Session): void {
  const client = useQueryClient();
  useEffect(() => {
    const lookAgain = (): void => {
      void client.invalidateQueries({ queryKey: deckKey });
      lookAgainAtActivity(client);
      lookAgainAtStandings(client);
      void client.invalidateQueries({ queryKey: statusQuery.queryKey });
    };
    const events: HubEvents = {
      question(question) {
        connection.heard();
        changeDeck(client, (deck) => asked(deck, question, Date.now()));
        lookAgainAtStandings(client);
      },
      closed({ id, outcome }) {
        connection.heard();
        changeDeck(client, (deck) => closed(deck, id, outcome, Date.now()));
        lookAgainAtActivity(client);
        lookAgainAtStandings(client);
        void client.invalidateQueries({ queryKey: statusQuery.queryKey });
      },
      order(order) {
        connection.heard();
        takeOrder(client, order);
        lookAgainAtStandings(client);
        void client.invalidateQueries({ queryKey: statusQuery.queryKey });
      },
      synced: lookAgain,
      state: connection.hubIs,
    };
    let hub: QuestionsHub | null = null;
    let left = false;
    // The SignalR client is not needed to draw the first screen, so it comes after it.
    const connect = async (): Promise<void> => {
      try {
        const { openQuestionsHub } = await import("../api/hub.ts");
        if (!left) hub = openQuestionsHub(() => currentSession()?.token ?? "", events);
      } catch {
        connection.hubIs("interrupted");
      }
    };
    void connect();
    const wentOffline = (): void => connection.deviceIs("offline");
    const cameBack = (): void => {
      connection.deviceIs("online");
      hub?.wake();
      lookAgain();
    };
    window.addEventListener("offline", wentOffline);
    window.addEventListener("online", cameBack);
    return () => {
      window.removeEventListener("offline", wentOffline);
      window.removeEventListener("online", cameBack);
      left = true;
      void hub?.stop();
    };
    // oxlint-disable-next-line react/exhaustive-deps -- another person needs another connection
  }, [client, uid]);
}
