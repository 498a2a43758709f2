// Posts each head to a URL.
import type { Anchor } from "../anchor.ts";

/** Milliseconds. */
const ANSWER_WITHIN = 5_000;

/** The note is the body, as text; any 2xx says that it is kept. Redirects are not followed. */
export const httpAnchor = (url: string): Anchor => ({
  name: "http",
  async hand(_tenant, note) {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "text/plain; charset=utf-8" },
      body: note,
      redirect: "error",
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  },
});
