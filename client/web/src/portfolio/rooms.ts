import type { Headroom, HeadroomByGuardrail } from "@nod/contract/status";
import { quantity, usdBrief } from "../money/decimal-text.ts";

/** Room under one limit; null while what is used of it is not known, and nothing passes that limit then. */
export type Room = { name: string; headroom: Headroom | null; format: (text: string) => string };

const count = (text: string): string => quantity(text, 0);

/** Every limit that is in force and can be used up, the ones that everybody has first. */
export function roomsOf(headroom: HeadroomByGuardrail): Room[] {
  const rooms: Room[] = [
    { name: "Orders today", headroom: headroom.orders_per_day, format: count },
    { name: "Dollars in 4 hours", headroom: headroom.notional_usd_per_4h, format: usdBrief },
    { name: "Open questions", headroom: headroom.open_questions, format: count },
  ];
  if (headroom.open_orders !== undefined) rooms.push({ name: "Open orders", headroom: headroom.open_orders, format: count });
  if (headroom.orders_per_minute !== undefined) rooms.push({ name: "Orders in a minute", headroom: headroom.orders_per_minute, format: count });
  if (headroom.daily_loss_usd !== undefined) rooms.push({ name: "Loss today", headroom: headroom.daily_loss_usd, format: usdBrief });
  if (headroom.gross_exposure_usd !== undefined) rooms.push({ name: "All positions together", headroom: headroom.gross_exposure_usd, format: usdBrief });
  for (const [symbol, room] of Object.entries(headroom.position_usd ?? {})) rooms.push({ name: `Position in ${symbol}`, headroom: room, format: usdBrief });
  return rooms;
}
