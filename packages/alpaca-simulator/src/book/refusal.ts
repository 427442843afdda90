/** An answer that is an error: Alpaca's status, code and words, with the extra fields it sends along. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, code: number | undefined, message: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.body = { ...(code === undefined ? {} : { code }), message, ...extra };
  }
}

export const invalid = (message: string): Refusal => new Refusal(422, 40010001, message);
export const unprocessable = (message: string): Refusal => new Refusal(422, 42210000, message);
export const forbidden = (message: string, extra?: Readonly<Record<string, unknown>>): Refusal => new Refusal(403, 40310000, message, extra);
export const notFound = (message: string): Refusal => new Refusal(404, 40410000, message);
