// What the floors have in common: a child process that is told which bytes to answer, and then listens on loopback.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface FloorSettings {
  /** The body of every answer to a GET: what the service answers. */
  readonly body: string;
  readonly contentType: string;
}

export interface Listening {
  readonly port: number;
}

/** Serves once the parent has sent the settings; ends with the parent. */
export function runServer<Settings>(start: (settings: Settings) => Server | Promise<Server>): void {
  process.once("message", async (settings: Settings) => {
    const server = await start(settings);
    server.listen(0, "127.0.0.1", () => process.send!({ port: (server.address() as AddressInfo).port }));
  });
  process.on("disconnect", () => process.exit());
}

export const SCIM_JSON = "application/scim+json";
