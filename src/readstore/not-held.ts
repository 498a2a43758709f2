// The refusal to read a resource that a read store cannot hold; what is written to it goes on.
import { ScimError } from "../scim/errors.ts";

export class NotHeld extends ScimError {
  constructor(detail: string) {
    super(500, undefined, detail);
  }
}

/** What reading gives, or `instead` where the resource is not held. */
export async function heldOr<Read, Instead>(reading: Read | Promise<Read>, instead: Instead): Promise<Read | Instead> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof NotHeld) return instead;
    throw error;
  }
}
