// The page at `/`: what this is, where the APIs are, whether it is ready, where to read on.
import helmet from "helmet";
import { type ReadinessCheck, readinessOf } from "./health.ts";
import type { Route } from "./route.ts";

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replace(/[&<>"]/gu, (one) => ESCAPES[one] as string);

/** Where the things are that the page names. */
const PLACES: readonly (readonly [path: string, says: string])[] = [
  ["/scim/v2", "SCIM 2.0: users and groups, for identity providers"],
  ["/audit/v1", "Audit: who had access to what, when, granted by whom"],
  ["/ledger/v1", "Ledger: proofs that the history was not edited"],
  ["/admin/v1", "Administration: tenants, credentials, schemas and resource types, erasure"],
  ["/health/ready", "Health: what is behind, if anything is"],
  ["/metrics", "Metrics, in Prometheus' format"],
];

const STYLE =
  "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}" +
  "code{font-size:.95em}dt{margin-top:.75rem}.no{color:#b00020}";

async function page(baseUrl: string, checks: readonly ReadinessCheck[]): Promise<string> {
  const { ready, checks: results } = await readinessOf(checks);
  const behind = results.filter(({ ok }) => !ok).map(({ name, says }) => `<li>${escaped(name)}: ${escaped(says)}</li>`);
  const places = PLACES.map(
    ([path, says]) => `<dt><code>${escaped(baseUrl + path)}</code></dt><dd>${escaped(says)}</dd>`,
  ).join("");
  const state = ready
    ? "<p>It is ready.</p>"
    : `<p class="no">It is not ready:</p><ul class="no">${behind.join("")}</ul>`;
  return (
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>scim-ledger</title><style>${STYLE}</style><h1>scim-ledger</h1>` +
    "<p>A SCIM 2.0 service that keeps every change as an event, and answers who had access to what, when, granted by " +
    `whom.</p>${state}<h2>Where things are</h2><dl>${places}</dl><h2>First steps</h2>` +
    "<p>Requests carry a token: <code>Authorization: Bearer scl_…</code>. The first start printed three of them, or named " +
    "the file that has them. The folder <code>docs</code> of the distribution says how to connect an identity provider, " +
    "what can be asked, and how to run, back up and restore the service.</p></html>\n"
  );
}

/** The page's own headers: no script, no frame, only the style that it has. */
const protect = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'unsafe-inline'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
});

export function startPageRoute(baseUrl: string, checks: readonly ReadinessCheck[]): Route {
  return {
    method: "GET",
    path: "/",
    scope: "public",
    handle: async (exchange) => {
      const { request, response } = exchange;
      protect(request, response, () => {});
      exchange.send(200, "text/html", await page(baseUrl, checks));
    },
  };
}
