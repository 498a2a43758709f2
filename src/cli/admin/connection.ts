// How a verb reaches the admin API of a running service: options that several verbs share.
import { type Command, Option } from "commander";
import { misused } from "../problem.ts";
import { AdminClient } from "./admin-client.ts";

export const TOKEN_VARIABLE = "SCIM_LEDGER_ADMIN_TOKEN";

export interface Connection {
  readonly url: string;
  readonly token?: string;
  readonly json?: true;
}

/** Adds the options of a `Connection`. */
export const connected = (command: Command): Command =>
  command
    .option("--url <url>", "where the service is", "http://127.0.0.1:3000")
    .addOption(new Option("--token <token>", "an administrator's token").env(TOKEN_VARIABLE))
    .option("--json", "print the service's answer as JSON");

/** Throws a Problem where there is no token. */
export function clientOf({ url, token }: Connection): AdminClient {
  if (token === undefined || token === "")
    throw misused(`an administrator's token is needed: --token, or ${TOKEN_VARIABLE}`);
  return new AdminClient({ url, token });
}
