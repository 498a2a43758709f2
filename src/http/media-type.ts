// Content negotiation (RFC 7644 §3.8): `application/scim+json`, and `application/json` for whoever asks for that.
import { notAcceptable, unsupportedMediaType } from "./refusal.ts";

export const SCIM_JSON = "application/scim+json";
export const JSON_TYPE = "application/json";

/**
 * The type of the answer; `preferred` for whoever takes any. Whoever names neither gets SCIM's own: an answer is of more use
 * than a 406. What is refused by a weight of 0 is not sent, unless both are: see `requireAcceptance`.
 */
export function answerType(accept: string | undefined, preferred: string = SCIM_JSON): string {
  if (accept === undefined || accept === "*/*") return preferred;
  const accepted = accept.toLowerCase();
  if (isRefused(accepted, SCIM_JSON)) return isRefused(accepted, JSON_TYPE) ? SCIM_JSON : JSON_TYPE;
  const namesJson = accepted.includes(JSON_TYPE) && !accepted.includes(SCIM_JSON);
  return namesJson && !isRefused(accepted, JSON_TYPE) ? JSON_TYPE : SCIM_JSON;
}

/** 406 for whoever refuses both types in so many words. */
export function requireAcceptance(accept: string | undefined): void {
  const accepted = accept?.toLowerCase();
  if (accepted !== undefined && isRefused(accepted, SCIM_JSON) && isRefused(accepted, JSON_TYPE)) throw notAcceptable();
}

/** Whether the weight of a type is 0 (RFC 9110 §12.4.2): of the ranges that it is of, the most specific one says. */
function isRefused(accepted: string, type: string): boolean {
  if (!accepted.includes("q=0")) return false;
  const weights = new Map(accepted.split(",").map(readRange));
  return [type, "application/*", "*/*"].map((range) => weights.get(range)).find((weight) => weight !== undefined) === 0;
}

function readRange(text: string): readonly [range: string, weight: number] {
  const [range = "", ...parameters] = text.split(";").map((part) => part.trim());
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  return [range, weight === undefined ? 1 : Number(weight.slice(2))];
}

const unquoted = (text: string): string => (text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text);

/** 415 unless a body of this `Content-Type` and `Content-Encoding` is JSON in UTF-8 as it stands. */
export function requireJson(contentType: string | undefined, contentEncoding: string | undefined): void {
  requireIdentity(contentEncoding);
  if (contentType === SCIM_JSON || contentType === JSON_TYPE) return;
  if (contentType === undefined) throw unsupportedMediaType("The request has no Content-Type.");
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  if (type.trim() !== SCIM_JSON && type.trim() !== JSON_TYPE)
    throw unsupportedMediaType(`The Content-Type must be ${SCIM_JSON} or ${JSON_TYPE}.`);
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=");
    if (name.trim() === "charset" && unquoted(value.trim()) !== "utf-8")
      throw unsupportedMediaType("The charset must be utf-8.");
  }
}

function requireIdentity(contentEncoding: string | undefined): void {
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== "identity")
    throw unsupportedMediaType("The request body must not have a Content-Encoding.");
}
