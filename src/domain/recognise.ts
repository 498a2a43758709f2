// Which stored events this version reads: the catalogue by type and version, with upcasters from older versions.
import type { z } from "zod";
import type { DomainEvent } from "./event.ts";
import { catalogue } from "./events.ts";

interface Known {
  readonly data: z.ZodType;
  readonly personal: z.ZodType | undefined;
}

const known = new Map<string, Known>(
  Object.values(catalogue)
    .flat()
    .map((declared) => [`${declared.type}@${declared.version}`, declared]),
);

/** From an older version of an event to the next one; each stays for ever. */
const upcasters = new Map<string, (event: DomainEvent) => DomainEvent>();

/** The event in its newest version; undefined for one that is not in the catalogue. Throws ZodError where its shape is wrong. */
export function recognise(type: string, version: number, data: unknown, personal: unknown): DomainEvent | undefined {
  const declared = known.get(`${type}@${version}`);
  if (declared === undefined) return undefined;
  const clear = declared.data.parse(data);
  const opened = personal === undefined || personal === "erased" ? personal : declared.personal?.parse(personal);
  let event: DomainEvent = { type, version, data: clear, ...(opened === undefined ? {} : { personal: opened }) };
  for (let next = upcasters.get(`${event.type}@${event.version}`); next !== undefined; ) {
    event = next(event);
    next = upcasters.get(`${event.type}@${event.version}`);
  }
  return event;
}
