// Sends requests as they are, byte by byte: what a client library would put right, or refuse to send, goes out.
import { connect, type Socket } from "node:net";
import type { Random } from "./random.ts";
import type { Request } from "./request.ts";

export interface Answer {
  readonly status: number;
  /** In lower case; of a field that occurs twice the last value. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly milliseconds: number;
}

export class NoAnswer extends Error {}

/** Milliseconds within which a request must be answered. */
export const PATIENCE = 5_000;

const headOf = (text: string): Pick<Answer, "status" | "headers"> => {
  const [line = "", ...fields] = text.split("\r\n");
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const;
    }),
  );
  return { status: Number(line.split(" ")[1]), headers };
};

/** The body of a chunked message, and where it ends; undefined if it is not complete. */
const unchunked = (bytes: Buffer, start: number): { body: Buffer; end: number } | undefined => {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const line = bytes.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, line), 16);
    const end = line + 2 + size;
    if (bytes.length < end + 2) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks), end: end + 2 };
    chunks.push(bytes.subarray(line + 2, end));
    at = end + 2;
  }
};

const hasNoBody = (method: string, status: number) =>
  method === "HEAD" || status === 204 || status === 304 || status < 200;

/** One connection, kept as long as the server keeps it; one request at a time. */
export class Connection {
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Throws NoAnswer where the connection ends, or the patience, before a complete answer. */
  async send(method: string, bytes: Buffer): Promise<Answer> {
    const began = performance.now();
    const socket = this.#socket ?? connect(this.#port, "127.0.0.1");
    socket.setNoDelay(true);
    this.#socket = undefined;
    try {
      const { head, body } = await this.#exchange(socket, method, bytes);
      if (head.headers.get("connection") === "close") socket.destroy();
      else this.#socket = socket;
      return { ...head, body: body.toString("utf8"), milliseconds: performance.now() - began };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  close(): void {
    this.#socket?.destroy();
  }

  #exchange(
    socket: Socket,
    method: string,
    bytes: Buffer,
  ): Promise<{ head: Pick<Answer, "status" | "headers">; body: Buffer }> {
    return new Promise((resolve, reject) => {
      let received: Buffer = Buffer.alloc(0);
      const settle = (act: () => void) => {
        clearTimeout(timer);
        socket.removeAllListeners();
        socket.on("error", () => {});
        act();
      };
      const fail = (why: string) =>
        settle(() => reject(new NoAnswer(`${why} after ${received.toString("latin1").slice(0, 300)}`)));
      const timer = setTimeout(() => fail(`no answer within ${PATIENCE} ms`), PATIENCE);
      const look = () => {
        const end = received.indexOf("\r\n\r\n");
        if (end < 0) return;
        const head = headOf(received.toString("latin1", 0, end));
        if (head.status === 100) {
          received = received.subarray(end + 4);
          look();
          return;
        }
        const start = end + 4;
        if (hasNoBody(method, head.status)) return settle(() => resolve({ head, body: Buffer.alloc(0) }));
        if (head.headers.get("transfer-encoding") === "chunked") {
          const whole = unchunked(received, start);
          if (whole !== undefined) settle(() => resolve({ head, body: whole.body }));
          return;
        }
        const length = Number(head.headers.get("content-length"));
        if (received.length >= start + length)
          settle(() => resolve({ head, body: received.subarray(start, start + length) }));
      };
      socket.on("data", (data: Buffer) => {
        received = received.length === 0 ? data : Buffer.concat([received, data]);
        look();
      });
      socket.on("error", (error) => fail(String(error)));
      socket.on("close", () => fail("the connection ended"));
      socket.write(bytes);
    });
  }
}

/** Without what would end the line of a request. */
const printable = (target: string): string =>
  Array.from(target, (c) => (c <= " " || c === "\u007f" ? encodeURIComponent(c) : c)).join("");

/** The bytes of a request. Its id is in every one, so that events can be told from others. */
export const bytesOfRequest = ({ method, target, headers, body, asker }: Request, id: string): Buffer => {
  const fields = [["Host", "fuzz.example"], ["X-Request-Id", id], ...headers];
  if (asker.token !== undefined) fields.push(["Authorization", asker.token]);
  if (body !== undefined) fields.push(["Content-Length", String(body.length)]);
  const line = `${method} ${printable(target)} HTTP/1.1`;
  const head = Buffer.from(
    `${line}\r\n${fields.map(([name, value]) => `${name}: ${value}`).join("\r\n")}\r\n\r\n`,
    "latin1",
  );
  return body === undefined ? head : Buffer.concat([head, body]);
};

const wreckages: readonly ((random: Random, bytes: Buffer) => Buffer)[] = [
  (random, bytes) =>
    Buffer.from(
      bytes.toString("latin1").replace("HTTP/1.1", random.pick(["HTTP/1.0", "HTTP/9.9", "HTTP/1.1 x", "http/1.1", ""])),
      "latin1",
    ),
  (random, bytes) =>
    Buffer.from(
      bytes
        .toString("latin1")
        .replace(
          "Host:",
          random.pick([
            "Host : x\r\nX:",
            "Host: a\r\nHost:",
            " Folded: x\r\nHost:",
            "X: a\u0000b\r\nHost:",
            "X\u0001: a\r\nHost:",
            "Transfer-Encoding: chunked\r\nHost:",
            "Content-Length: 5\r\nContent-Length: 6\r\nHost:",
            "Content-Length: -1\r\nHost:",
            "Expect: 100-continue\r\nHost:",
            "Expect: x\r\nHost:",
            "Upgrade: h2c\r\nConnection: Upgrade\r\nHost:",
            `X: ${"a".repeat(20_000)}\r\nHost:`,
          ]),
        ),
      "latin1",
    ),
  (random, bytes) =>
    Buffer.from(bytes.toString("latin1").replace(/\r\n/g, random.pick(["\n", "\r", "\r\n"])), "latin1"),
  (random, bytes) => {
    const copy = Buffer.from(bytes);
    for (let n = 0; n < 3; n++) copy[random.below(Math.min(copy.length, 400))] = random.below(256);
    return copy;
  },
  (random, bytes) =>
    Buffer.from(
      bytes
        .toString("latin1")
        .replace(" /", random.pick([" http://evil.example/", " *", " //", " ", " /\u00ff", " /\u0001"])),
      "latin1",
    ),
];

/** Bytes that are no longer quite HTTP. */
export const wrecked = (random: Random, bytes: Buffer): Buffer => random.pick(wreckages)(random, bytes);

/** What a server sends on bytes that may be no request, until it has nothing to send for a moment. */
export const exchangeRaw = (port: number, bytes: Buffer): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    const end = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(150, end);
    socket.on("data", (data) => {
      answer += data.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", end);
    socket.write(bytes);
  });
