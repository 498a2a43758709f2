// Where a SCIM server is and with which token it is asked, as the command line gives them.
import { readFileSync } from "node:fs";
import type { Io } from "../io.ts";
import { misused } from "../problem.ts";

export interface Connection {
  /** The SCIM base URL, without a slash at its end. */
  readonly base: string;
  /** None for a server that asks for none. */
  readonly token?: string;
}

export interface ConnectionOptions {
  /** The option that named the URL, without its dashes: `from`, `to`. */
  readonly side: "from" | "to";
  readonly url: string;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly allowPlainHttp?: boolean | undefined;
}

/** The variable that holds the token of one side. */
export const tokenVariable = (side: ConnectionOptions["side"]): string => `SCIM_LEDGER_${side.toUpperCase()}_TOKEN`;

/** Throws a Problem that says which option is wrong; it never repeats a token. */
export function connectionOf(options: ConnectionOptions, env: Io["env"]): Connection {
  const base = baseUrl(options);
  const token = tokenOf(options, env);
  return token === undefined ? { base } : { base, token };
}

function baseUrl({ side, url, allowPlainHttp }: ConnectionOptions): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== "https:" && parsed.protocol !== "http:"))
    throw misused(`--${side} must be the SCIM base URL of a server, such as https://scim.example.com/scim/v2`);
  if (parsed.username !== "" || parsed.password !== "")
    throw misused(`--${side} holds a user or a password: give the token with --${side}-token-file`);
  if (parsed.search !== "" || parsed.hash !== "") throw misused(`--${side} must end before “?” and “#”`);
  if (parsed.protocol === "http:" && !isLoopback(parsed.hostname) && allowPlainHttp !== true)
    throw misused(
      `--${side} is http://${parsed.host}: token and people would travel in clear; use https, or accept it with --allow-plain-http`,
    );
  return (parsed.origin + parsed.pathname).replace(/\/+$/u, "");
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/u.test(host);

function tokenOf({ side, token, tokenFile }: ConnectionOptions, env: Io["env"]): string | undefined {
  if (token !== undefined && tokenFile !== undefined)
    throw misused(`give the token once: --${side}-token, or --${side}-token-file`);
  const text = (tokenFile === undefined ? (token ?? env[tokenVariable(side)] ?? "") : contentOf(tokenFile)).trim();
  if (text === "") {
    if (token === undefined && tokenFile === undefined) return undefined;
    throw misused(`the token for --${side} is empty`);
  }
  // What cannot stand in a header would be repeated by the error of whoever sends it.
  if (!/^[\x21-\x7e]+$/u.test(text))
    throw misused(`the token for --${side} holds a blank, a line break or a character beyond ASCII`);
  return text;
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw misused(`the token file ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
