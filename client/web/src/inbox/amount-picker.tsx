import type { CSSProperties } from "react";
import { toPlotNumber, usdBrief } from "../money/decimal-text.ts";
import { readAmount, stepAmount, type AmountBounds } from "./amount.ts";

const stepButton = "grid size-11 shrink-0 place-items-center rounded-pill bg-wash text-lead font-strong transition-colors hover:bg-wash-strong";

/** How many dollars: a slider for the thumb, steps, and a field that opens the number pad. Never drags the card. */
export function AmountPicker({ bounds, text, onChange, disabled }: { bounds: AmountBounds; text: string; onChange: (text: string) => void; disabled: boolean }) {
  const amount = readAmount(text, bounds);
  const low = toPlotNumber(bounds.min);
  const high = toPlotNumber(bounds.max);
  const shown = toPlotNumber(amount ?? bounds.min);
  const filled = high === low ? 100 : ((shown - low) / (high - low)) * 100;
  const sliderStyle: CSSProperties & Record<"--filled", string> = { "--filled": `${filled}%` };
  const range = `between ${usdBrief(bounds.min)} and ${usdBrief(bounds.max)}`;
  return (
    <fieldset data-no-drag disabled={disabled} className="mt-4">
      <legend className="sr-only">How many dollars, {range}</legend>
      <div className="flex items-center gap-3">
        <button type="button" aria-label="One dollar less" className={stepButton} onClick={() => onChange(stepAmount(text, -1, bounds))}>
          −
        </button>
        <label className="flex min-w-0 flex-1 items-baseline justify-center gap-0.5 text-figure font-strong tracking-tight">
          <span aria-hidden="true" className="text-soft">
            $
          </span>
          <input
            aria-label="Amount in dollars"
            aria-invalid={amount === null}
            aria-describedby="amount-range"
            inputMode="decimal"
            autoComplete="off"
            value={text}
            onChange={(event) => onChange(event.target.value)}
            className="field-sizing-content max-w-40 min-w-6 rounded-inner bg-transparent select-text"
          />
        </label>
        <button type="button" aria-label="One dollar more" className={stepButton} onClick={() => onChange(stepAmount(text, 1, bounds))}>
          +
        </button>
      </div>
      <div className="flex items-center gap-3 text-small text-faint">
        <span aria-hidden="true">{usdBrief(bounds.min)}</span>
        <input
          type="range"
          aria-label="Amount in dollars"
          aria-valuetext={usdBrief(amount ?? bounds.min)}
          className="amount-slider"
          style={sliderStyle}
          min={low}
          max={high}
          step={1}
          value={shown}
          onChange={(event) => onChange(event.target.value)}
        />
        <span aria-hidden="true">{usdBrief(bounds.max)}</span>
      </div>
      <p id="amount-range" className={amount === null ? "text-center text-small text-amber" : "sr-only"}>
        An amount {range}
      </p>
    </fieldset>
  );
}
