// What a SCIM server's answer can mean beside success.
import { Problem } from "../problem.ts";

/** The server refused this one request (4xx, 501): another one may well succeed. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly scimType: string | undefined;
  readonly detail: string;
  constructor(status: number, scimType: string | undefined, detail: string) {
    super(`${[status, scimType].filter((part) => part !== undefined).join(" ")}: ${detail}`);
    this.status = status;
    this.scimType = scimType;
    this.detail = detail;
  }
}

/** Nobody knows whether a creation was carried out: look before you send it again. */
export class OutcomeUnknown extends Error {
  override readonly name = "OutcomeUnknown";
  /** What the server wished to be waited, milliseconds. */
  readonly wished: number | undefined;
  /** The status of the answer, where one came. */
  readonly status: number | undefined;
  constructor(
    message: string,
    { wished, status, cause }: { wished?: number | undefined; status?: number; cause?: unknown },
  ) {
    super(message, { cause });
    this.wished = wished;
    this.status = status;
  }
}

/** The server cannot be worked with, for this request or any other: the run ends. */
export class ServerUnusable extends Problem {}

/** Somebody asked for the end while a server was being waited for. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}
