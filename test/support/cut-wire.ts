// A wire between a client and a server of MongoDB that is cut at a chosen command: before the server gets it, or after it did
// and before its answer comes. Then the wire is whole again.

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Bytes of a message's length, and of its header. */
const LENGTH = 4;
/** Operation code of a message (OP_MSG), and where it stands in the header. */
const OP_MSG = 2013;
const OP_CODE_AT = 12;

export type Cut = "before" | "after";

export class CutWire implements AsyncDisposable {
  readonly #server: Server;
  readonly #to: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #left = Number.POSITIVE_INFINITY;
  #stays = false;
  #cutting = Promise.withResolvers<void>();
  #how: Cut = "before";
  /** Commands that passed since the wire was last armed. */
  commands = 0;

  private constructor(server: Server, to: { host: string; port: number }) {
    this.#server = server;
    this.#to = to;
  }

  /** A wire to the first host of this address. */
  static async open(uri: string): Promise<CutWire> {
    const { hostname, port } = new URL(uri);
    const server = createServer();
    const wire = new CutWire(server, { host: hostname, port: Number(port) });
    server.on("connection", (socket) => wire.#join(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return wire;
  }

  /** The address at this end. */
  uri(database: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return `mongodb://127.0.0.1:${port}/${database}?directConnection=true`;
  }

  /** Cuts the connection of the n-th command from now on, once; `stays`: every other one too, and none is made any more. */
  cutAt(command: number, how: Cut, { stays = false } = {}): void {
    this.#left = command;
    this.#how = how;
    this.#stays = stays;
    this.#cutting = Promise.withResolvers();
    this.commands = 0;
  }

  /** Resolves when it was cut. */
  get cut(): Promise<void> {
    return this.#cutting.promise;
  }

  /** Makes it whole again. */
  mend(): void {
    this.#left = Number.POSITIVE_INFINITY;
    this.#stays = false;
  }

  get #isDead(): boolean {
    return this.#stays && this.#left <= 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    if (this.#isDead) {
      client.destroy();
      return;
    }
    const server = connect(this.#to);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        client.destroy();
        server.destroy();
      });
    }
    server.pipe(client);
    let pending = Buffer.alloc(0);
    client.on("data", (data: Buffer) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= LENGTH && pending.length >= pending.readInt32LE(0)) {
        const message = pending.subarray(0, pending.readInt32LE(0));
        pending = pending.subarray(message.length);
        this.#pass(message, client, server);
      }
    });
  }

  #pass(message: Buffer, client: Socket, server: Socket): void {
    const counts = message.readInt32LE(OP_CODE_AT) === OP_MSG && !isHello(message);
    if (counts) this.commands += 1;
    const isCut = counts && --this.#left === 0;
    if (isCut && this.#how === "before") {
      this.#cut(client);
      return;
    }
    if (isCut) {
      // The answer comes to nobody; whatever it was, it has been done by then.
      server.unpipe(client);
      server.once("data", () => this.#cut(client)).resume();
    }
    server.write(message);
  }

  #cut(client: Socket): void {
    for (const socket of this.#stays ? this.#sockets : [client]) socket.destroy();
    this.#cutting.resolve();
  }
}

/** The driver looks at the server with these as it pleases. */
const isHello = (message: Buffer): boolean => {
  const text = message.subarray(0, 64).toString("latin1");
  return text.includes("hello\0") || text.includes("ismaster\0") || text.includes("endSessions\0");
};
