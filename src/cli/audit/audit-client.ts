// Asks the audit API of a running service, and hands its answer on as it comes.
import { isObject } from "../../scim/json.ts";
import { reasonOf } from "../admin/admin-client.ts";
import { EXIT, Problem } from "../problem.ts";

export interface AuditConnection {
  /** Where the service is, as it printed it. */
  readonly url: string;
  readonly token?: string;
}

export const AUDIT_TOKEN = "SCIM_LEDGER_AUDIT_TOKEN";

/** The answer's text in pieces. Throws a Problem that says what the service said. */
export async function* auditAnswer(
  connection: AuditConnection,
  path: string,
  query: URLSearchParams,
): AsyncGenerator<string> {
  const response = await auditResponse(connection, path, query);
  const decoder = new TextDecoder();
  try {
    for await (const piece of response.body ?? []) yield decoder.decode(piece as Uint8Array, { stream: true });
  } catch (error) {
    throw new Problem(`the answer broke off (${reasonOf(error)}): what came is not whole`);
  }
}

/** An answer that is not a refusal. Throws a Problem. */
export async function auditResponse(
  { url, token }: AuditConnection,
  path: string,
  query: URLSearchParams,
): Promise<Response> {
  if (!URL.canParse(url)) throw new Problem(`--url is “${url}”; it must be a URL`, EXIT.misused);
  if (token === undefined || token === "")
    throw new Problem(`an auditor's token is needed: --token, or ${AUDIT_TOKEN}`, EXIT.misused);
  const base = url.endsWith("/") ? url.slice(0, -1) : url;
  const response = await get(base, `${base}/audit/v1${path}?${query}`, token);
  if (!response.ok) throw await refusalOf(response, base);
  return response;
}

async function get(base: string, target: string, token: string): Promise<Response> {
  try {
    return await fetch(target, {
      headers: { Authorization: `Bearer ${token}`, Connection: "close" },
      redirect: "error",
    });
  } catch (error) {
    throw new Problem(`nothing answers at ${base} (${reasonOf(error)}): is the service running, and --url right?`);
  }
}

async function refusalOf(response: Response, base: string): Promise<Problem> {
  const { detail, scimType } = errorIn(await response.text());
  if (typeof detail !== "string")
    return new Problem(`${base} answered ${response.status}, and not as scim-ledger does: is it the right URL?`);
  // What is too much is refused with 400, too.
  const isMisuse = response.status === 400 && scimType !== "tooMany";
  return new Problem(`the service refused (${response.status}): ${detail}`, isMisuse ? EXIT.misused : EXIT.failed);
}

function errorIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? body : {};
  } catch {
    return {};
  }
}
