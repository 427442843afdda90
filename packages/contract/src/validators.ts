import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Static, TSchema } from "typebox";
import { explainFaults } from "./explain-faults.ts";
import type { ProblemError } from "./problem.ts";
import { withReferences, type JsonObject } from "./schema-references.ts";

/**
 * Strict: an unknown keyword in a schema is a bug of ours. No coercion: "10" is not 10.
 * A named schema may stand inside several others and inside itself, so each validator has its own `$defs`.
 */
const rigour = { addUsedSchema: false, strict: true, strictTypes: false, allowUnionTypes: true, coerceTypes: false, useDefaults: false, ownProperties: true } as const;
const ajv = new Ajv2020({ ...rigour, allErrors: true });
/** Stops at the first fault, which among a choice of shapes saves nearly all of the work. */
const hastyAjv = new Ajv2020(rigour);
for (const each of [ajv, hastyAjv]) addFormats.default(each);

/** A pathological document must not produce a pathological answer. */
const maxReportedErrors = 50;

export type Validated<T> = { ok: true; value: T } | { ok: false; errors: ProblemError[] };

/** Compiles once; the returned function never throws and names every fault by its JSON pointer. */
export function compileValidator<S extends TSchema>(schema: S): (input: unknown) => Validated<Static<S>> {
  return compileWith(ajv, schema);
}

function compileWith<S extends TSchema>(compiler: Ajv2020, schema: S): (input: unknown) => Validated<Static<S>> {
  const $defs = new Map<string, JsonObject>();
  const root = withReferences(schema, "#/$defs/", $defs);
  const validate: ValidateFunction<Static<S>> = compiler.compile<Static<S>>({ ...root, $defs: Object.fromEntries($defs) });
  return (input) => {
    if (validate(input)) return { ok: true, value: input };
    return { ok: false, errors: describeErrors(validate.errors ?? []) };
  };
}

/** As `compileValidator`, for documents that people write: what does not fit is explained, with the name that was probably meant. */
export function compileExplainingValidator<S extends TSchema>(schema: S): (input: unknown) => Validated<Static<S>> {
  const validate = compileWith(hastyAjv, schema);
  const explain = explainFaults(schema);
  return (input) => {
    const validated = validate(input);
    if (validated.ok) return validated;
    const errors = explain(input);
    return errors.length > 0 ? { ok: false, errors } : validated;
  };
}

function describeErrors(errors: ErrorObject[]): ProblemError[] {
  const seen = new Map<string, ProblemError>();
  for (const error of errors) {
    const described = describeError(error);
    seen.set(`${described.pointer} ${described.message}`, described);
    if (seen.size === maxReportedErrors) break;
  }
  return [...seen.values()];
}

function describeError(error: ErrorObject): ProblemError {
  const params: Record<string, unknown> = error.params;
  const at = (key: unknown): string => `${error.instancePath}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
  switch (error.keyword) {
    case "required":
      return { pointer: at(params["missingProperty"]), message: "is required" };
    case "additionalProperties":
      return { pointer: at(params["additionalProperty"]), message: "is not a known key" };
    case "enum":
      return { pointer: error.instancePath, message: `must be one of ${JSON.stringify(params["allowedValues"])}` };
    case "const":
      return { pointer: error.instancePath, message: `must be ${JSON.stringify(params["allowedValue"])}` };
    default:
      return { pointer: error.instancePath, message: error.message ?? "is not valid" };
  }
}
