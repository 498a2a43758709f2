// What a request of a fuzz run is, and what it is made from.
import type { Route } from "../../../src/http/route.ts";
import type { Json } from "../../../src/scim/json.ts";
import type { ResourceType } from "../../../src/scim/schema/characteristics.ts";
import type { Asker } from "./world.ts";

export interface Request {
  readonly method: string;
  /** With its query, as it goes over the wire. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer;
  readonly asker: Asker;
  /** The resource type's endpoint that it names, if any: ids in the answer are of it. */
  readonly endpoint?: string;
}

export interface Ground {
  readonly types: readonly ResourceType[];
  readonly routes: readonly Route[];
  readonly askers: Readonly<Record<"provisioning" | "auditor" | "administrator" | "nobody", readonly Asker[]>>;
  readonly tenant: string;
}

/** A request before its header fields. */
export interface Draft {
  readonly method: string;
  readonly target: string;
  readonly json?: Json;
  readonly as: keyof Ground["askers"];
  readonly endpoint?: string;
}
