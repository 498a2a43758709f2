// Parsers of the settings that are more than a number, a choice or a path. They answer undefined, or throw NotAllowed, for what
// is not allowed.
import { isIP } from "node:net";
import { NotAllowed } from "./setting.ts";

/** The shortest administrator token, in characters. */
export const ADMIN_TOKEN_LENGTH = 32;

/** Visible ASCII without blanks, as a header carries it. */
export const parseAdminToken = (value: string): string | undefined =>
  value.length >= ADMIN_TOKEN_LENGTH && /^[\x21-\x7e]+$/u.test(value) ? value : undefined;

/** As a host is named, so that it may come from one. */
export const parseNodeName = (value: string): string | undefined =>
  /^[a-z0-9-]{1,40}$/u.test(value) ? value : undefined;

/** What names of streams may begin with. */
export const parseNamespace = (value: string): string | undefined =>
  /^[a-z][a-z0-9]{0,39}$/u.test(value) ? value : undefined;

/** `https://scim.example.com/base` without a slash at its end. */
export function parseBaseUrl(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) return undefined;
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return undefined;
  let path = url.pathname;
  while (path.endsWith("/")) path = path.slice(0, -1);
  return url.origin + path;
}

/** Tenants joined by commas; `*` stands for all. */
export function parseTenants(value: string): readonly string[] | undefined {
  const tenants = value.split(",").map((one) => one.trim());
  return tenants.every((tenant) => tenant === "*" || /^(?:[a-z0-9]{1,40}|_system|_instance)$/u.test(tenant))
    ? tenants
    : undefined;
}

/** `<vkey> <url>, …`; whether the keys are keys is said by whoever asks the witnesses. */
export function parseWitnesses(value: string): readonly { readonly vkey: string; readonly url: string }[] {
  return value.split(",").map((one) => {
    const [vkey = "", text = "", ...more] = one.trim().split(/ +/u);
    const url = parseBaseUrl(text);
    if (url === undefined || more.length > 0)
      throw new NotAllowed(`a verifier key and an http or https URL, and “${one}” is not`);
    return { vkey, url };
  });
}

/** `10.0.0.0/8` → address and prefix length; a single address has none. */
export function parseNetworks(value: string): readonly string[] {
  const networks = value.split(",").map((one) => one.trim());
  for (const network of networks) {
    const [address = "", prefix, ...more] = network.split("/");
    const bits = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1;
    const length = prefix === undefined ? bits : /^[0-9]{1,3}$/u.test(prefix) ? Number(prefix) : -1;
    if (bits < 0 || length < 0 || length > bits || more.length > 0)
      throw new NotAllowed(`IP addresses or networks (10.0.0.0/8) joined by commas, and “${network}” is neither`);
  }
  return networks;
}
