/** A form made from a JSON Schema: each field from its own part of it, each fault at its field. */
import { useId, useState, type ReactNode } from "react";
import { choiceWords, labelOf } from "./field-words.ts";
import { isObject, resolved, shapesOf, type Json, type JsonObject, type JsonSchema, type SchemaBook } from "./json-schema.ts";

type FieldProps = {
  book: SchemaBook;
  schema: JsonSchema;
  name: string;
  value: Json | undefined;
  required: boolean;
  /** By the JSON pointer inside the form's value. */
  faults: ReadonlyMap<string, string>;
  pointer: string;
  /** Undefined: it is left out. */
  onChange: (value: Json | undefined) => void;
};

const field = "h-11 w-full rounded-inner border border-line bg-card px-3 text-body aria-invalid:border-red";

function Labelled({ name, schema, fault, required, children }: { name: string; schema: JsonSchema; fault: string | undefined; required: boolean; children: (ids: { id: string; describedBy: string }) => ReactNode }) {
  const id = useId();
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-small text-soft">
        {labelOf(name)}
        {!required && <span className="text-faint"> · optional</span>}
      </label>
      {children({ id, describedBy: `${id}-says` })}
      <p id={`${id}-says`} className={`text-small ${fault === undefined ? "text-faint" : "text-red"} empty:hidden`}>
        {fault ?? schema.description ?? ""}
      </p>
    </div>
  );
}

function Choice({ schema, name, value, required, faults, pointer, onChange }: FieldProps) {
  const choices = schema.enum ?? [];
  return (
    <Labelled name={name} schema={schema} fault={faults.get(pointer)} required={required}>
      {({ id, describedBy }) => (
        <select
          id={id}
          aria-describedby={describedBy}
          aria-invalid={faults.has(pointer)}
          value={value === undefined ? "" : JSON.stringify(value)}
          onChange={(event) => onChange(choices.find((choice) => JSON.stringify(choice) === event.target.value))}
          className={field}
        >
          {(!required || value === undefined) && <option value="">{schema.default === undefined ? "—" : `${choiceWords(schema.default)} (as it is)`}</option>}
          {choices.map((choice) => (
            <option key={JSON.stringify(choice)} value={JSON.stringify(choice)}>
              {choiceWords(choice)}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

function NumberField({ schema, name, value, required, faults, pointer, onChange }: FieldProps) {
  // What is being typed may not be a number yet ("-", "1."), so the text is kept beside it.
  const [text, setText] = useState(typeof value === "number" ? String(value) : "");
  return (
    <Labelled name={name} schema={schema} fault={faults.get(pointer)} required={required}>
      {({ id, describedBy }) => (
        <input
          id={id}
          aria-describedby={describedBy}
          aria-invalid={faults.has(pointer)}
          inputMode="decimal"
          autoComplete="off"
          value={text}
          placeholder={schema.default === undefined ? undefined : JSON.stringify(schema.default)}
          onChange={(event) => {
            setText(event.target.value);
            const typed = event.target.value.trim().replace(",", ".");
            onChange(typed === "" ? undefined : Number.isFinite(Number(typed)) ? Number(typed) : typed);
          }}
          className={field}
        />
      )}
    </Labelled>
  );
}

function TextField({ schema, name, value, required, faults, pointer, onChange }: FieldProps) {
  const shown = typeof value === "string" ? value : "";
  const long = (schema.maxLength ?? 0) > 100;
  return (
    <Labelled name={name} schema={schema} fault={faults.get(pointer)} required={required}>
      {({ id, describedBy }) => {
        const props = { id, "aria-describedby": describedBy, "aria-invalid": faults.has(pointer), value: shown, autoComplete: "off" };
        const change = (text: string): void => onChange(text === "" && !required ? undefined : text);
        return long ? (
          <textarea {...props} rows={3} onChange={(event) => change(event.target.value)} className={`${field} h-auto py-2`} />
        ) : (
          <input {...props} spellCheck={false} onChange={(event) => change(event.target.value)} className={field} />
        );
      }}
    </Labelled>
  );
}

/** What has no fixed form (a condition) is written as JSON. */
function JsonField({ schema, name, value, required, faults, pointer, onChange }: FieldProps) {
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const [unreadable, setUnreadable] = useState(false);
  const inner = [...faults].find(([place]) => place === pointer || place.startsWith(`${pointer}/`));
  const fault = unreadable ? "This is not JSON yet." : inner === undefined ? undefined : `${inner[0].slice(pointer.length)} ${inner[1]}`.trim();
  return (
    <Labelled name={name} schema={schema} fault={fault} required={required}>
      {({ id, describedBy }) => (
        <textarea
          id={id}
          aria-describedby={describedBy}
          aria-invalid={fault !== undefined}
          rows={Math.min(16, Math.max(4, text.split("\n").length))}
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            try {
              // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JSON.parse gives is JSON
              onChange(event.target.value.trim() === "" ? undefined : (JSON.parse(event.target.value) as Json));
              setUnreadable(false);
            } catch {
              setUnreadable(true);
            }
          }}
          className={`${field} h-auto py-2 font-mono text-small`}
        />
      )}
    </Labelled>
  );
}

/** What a shape is called in a choice of shapes. */
function shapeName(shape: JsonSchema): string {
  const fixed = Object.values(shape.properties ?? {}).find((property) => property.const !== undefined);
  if (fixed !== undefined) return choiceWords(fixed.const);
  if (shape.properties !== undefined) return Object.keys(shape.properties).map(choiceWords).join(", ");
  return shape.type === "number" || shape.type === "integer" ? "a fixed number" : (shape.type ?? "a value");
}

/** An empty value of a shape: what it fixes is there, the rest is asked for. */
function emptyOf(shape: JsonSchema): Json {
  if (shape.properties === undefined) return shape.type === "number" || shape.type === "integer" ? (shape.minimum ?? 0) : "";
  return Object.fromEntries(Object.entries(shape.properties).flatMap(([key, property]): [string, Json][] => (property.const !== undefined ? [[key, property.const]] : shape.required?.includes(key) === true && property.properties !== undefined ? [[key, emptyOf(property)]] : [])));
}

function fitsShape(shape: JsonSchema, value: Json | undefined): boolean {
  if (shape.properties === undefined) return typeof value === (shape.type === "integer" ? "number" : shape.type);
  if (!isObject(value)) return false;
  return Object.entries(shape.properties).every(([key, property]) => property.const === undefined || value[key] === property.const);
}

function OneOfShapes(props: FieldProps & { shapes: readonly JsonSchema[] }) {
  const { shapes, name, value, onChange } = props;
  const at = Math.max(0, shapes.findIndex((shape) => fitsShape(shape, value)));
  const shape = shapes[at] ?? {};
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="sr-only">{labelOf(name)}</legend>
      <label className="flex flex-col gap-1 text-small text-soft">
        {labelOf(name)}
        <select value={value === undefined ? "" : String(at)} onChange={(event) => onChange(event.target.value === "" ? undefined : emptyOf(shapes[Number(event.target.value)] ?? {}))} className={field}>
          {(!props.required || value === undefined) && <option value="">—</option>}
          {shapes.map((each, index) => (
            <option key={shapeName(each)} value={String(index)}>
              {shapeName(each)}
            </option>
          ))}
        </select>
      </label>
      {value !== undefined && <SchemaField key={at} {...props} schema={shape} required />}
    </fieldset>
  );
}

function ObjectField(props: FieldProps) {
  const { book, schema, name, value, required, faults, pointer, onChange } = props;
  if (!isObject(value) && !required) {
    return (
      <button type="button" onClick={() => onChange(emptyOf(schema))} className="min-h-11 self-start rounded-pill border border-line px-4 text-small font-strong transition-colors hover:bg-wash">
        Add: {labelOf(name).toLowerCase()}
      </button>
    );
  }
  return (
    <fieldset className="flex flex-col gap-4 border-l border-line pl-4">
      <legend className="sr-only">{labelOf(name)}</legend>
      <SchemaFields book={book} schema={schema} value={isObject(value) ? value : {}} faults={faults} pointer={pointer} hidden={[]} onChange={onChange} />
      {!required && (
        <button type="button" onClick={() => onChange(undefined)} className="min-h-11 self-start text-small text-soft underline decoration-line underline-offset-4 hover:decoration-ink">
          Leave out: {labelOf(name).toLowerCase()}
        </button>
      )}
    </fieldset>
  );
}

function SchemaField(props: FieldProps) {
  const schema = resolved(props.book, props.schema);
  const shapes = shapesOf(props.book, schema);
  if (schema.const !== undefined) return null;
  if (props.name === "when" || props.name === "fire" || schema.type === "array") return <JsonField {...props} schema={schema} />;
  if (shapes.length > 1) return <OneOfShapes {...props} shapes={shapes} />;
  if (schema.enum !== undefined) return <Choice {...props} schema={schema} />;
  switch (schema.type) {
    case "object":
      return <ObjectField {...props} schema={schema} />;
    case "number":
    case "integer":
      return <NumberField {...props} schema={schema} />;
    case "boolean":
      return <Choice {...props} schema={{ ...schema, enum: [true, false] }} />;
    default:
      return <TextField {...props} schema={schema} />;
  }
}

export type SchemaFieldsProps = {
  book: SchemaBook;
  schema: JsonSchema;
  value: JsonObject;
  faults: ReadonlyMap<string, string>;
  pointer: string;
  /** Fields that are not shown. */
  hidden: readonly string[];
  onChange: (value: JsonObject) => void;
};

/** The fields of an object, those that are needed first. */
export function SchemaFields({ book, schema, value, faults, pointer, hidden, onChange }: SchemaFieldsProps) {
  const own = resolved(book, schema);
  const properties = Object.entries(own.properties ?? {}).filter(([key]) => !hidden.includes(key));
  const needed = (key: string): boolean => own.required?.includes(key) === true;
  return (
    <div className="flex flex-col gap-4">
      {properties
        .toSorted(([left], [right]) => Number(needed(right)) - Number(needed(left)))
        .map(([key, property]) => (
          <SchemaField
            key={key}
            book={book}
            schema={property}
            name={key}
            value={value[key]}
            required={needed(key)}
            faults={faults}
            pointer={`${pointer}/${key}`}
            onChange={(next) => {
              const { [key]: _before, ...rest } = value;
              onChange(next === undefined ? rest : { ...value, [key]: next });
            }}
          />
        ))}
    </div>
  );
}
