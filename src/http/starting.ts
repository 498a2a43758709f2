// What answers while the read models are being built: the process lives, and everything else has to wait.
import type { RequestListener } from "node:http";
import { errorText } from "./error-table.ts";
import { JSON_TYPE, SCIM_JSON } from "./media-type.ts";
import { Refusal } from "./refusal.ts";

const NOT_YET = errorText(new Refusal(503, "The service is starting: its read models are catching up with the log."));

/** `progress`: a sentence for `/health/ready`. */
export const startingListener =
  (progress: () => string): RequestListener =>
  (request, response) => {
    const path = request.url?.split("?", 1)[0];
    if (path === "/health/live") {
      response.writeHead(200, { "Content-Type": JSON_TYPE }).end('{"status":"live"}');
      return;
    }
    const readiness = { status: "not ready", checks: [{ name: "read models", ok: false, says: progress() }] };
    const [type, body] = path === "/health/ready" ? [JSON_TYPE, JSON.stringify(readiness)] : [SCIM_JSON, NOT_YET];
    response.writeHead(503, { "Content-Type": type, "Cache-Control": "no-store", "Retry-After": "2" }).end(body);
  };
