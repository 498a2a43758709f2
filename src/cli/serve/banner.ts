// What a start prints: where things are, and on the first start the tokens that open them.
import { type FirstToken, keepTokens } from "../../first-start.ts";
import type { Running } from "../../main.ts";
import { textTable } from "../table.ts";

export interface BannerOptions {
  readonly version: string;
  /** Whether somebody sees what is printed; tokens are printed to nobody else. */
  readonly terminal: boolean;
}

type Served = Pick<Running, "url" | "baseUrl" | "folder" | "firstTokens">;

/** The lines to print. Writes the tokens of a first start to their file where there is no terminal. */
export function bannerOf(served: Served, { version, terminal }: BannerOptions): readonly string[] {
  const { url, baseUrl, folder, firstTokens } = served;
  const places = [
    ["SCIM", `${baseUrl}/scim/v2`],
    ["Audit", `${baseUrl}/audit/v1`],
    ["Admin", `${baseUrl}/admin/v1`],
    ["Ledger", `${baseUrl}/ledger/v1`],
    ["Health", `${baseUrl}/health/ready`],
    ["Data", folder],
    ...(url === baseUrl ? [] : [["Listens on", url]]),
  ];
  return [
    `scim-ledger ${version} is ready`,
    "",
    ...indented(textTable(places)),
    "",
    ...(firstTokens.length === 0 ? [] : [...tokenLines(folder, firstTokens, terminal), ""]),
  ];
}

function tokenLines(folder: string, tokens: readonly FirstToken[], terminal: boolean): string[] {
  const first = "This is the first start: the tenant “default” has three tokens";
  if (!terminal) return [`${first}, kept in ${keepTokens(folder, tokens)}. Move them to where secrets belong.`];
  return [
    `${first}, shown this once.`,
    "",
    ...indented(tokens.flatMap(({ forWhom, token }) => [`for ${forWhom}`, `  ${token}`])),
  ];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
