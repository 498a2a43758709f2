import { expect } from "@jest/globals";

/** Expects a ScimError of this status, scimType and, in part, detail. */
export const expectRefusal = (
  act: () => unknown,
  expected: { status?: number; scimType: string | undefined; detail?: string },
): void => {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({
    name: "ScimError",
    status: expected.status ?? 400,
    scimType: expected.scimType,
    message: expect.stringContaining(expected.detail ?? ""),
  });
};

/** The value and everything in it, frozen: whoever writes to it throws. */
export const frozen = <T>(value: T): T => {
  if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) frozen(member);
    Object.freeze(value);
  }
  return value;
};

/** Parses exact bytes, as they came over the wire. */
export const wire = (text: string): unknown => frozen(JSON.parse(text));
