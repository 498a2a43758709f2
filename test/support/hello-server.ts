// A server that says of itself what a test wants (`hello`), in MongoDB's protocol, and answers every other command with `ok`, or
// as the test has it: with an error, or never.
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { BSON, type Document } from "mongodb";

/** Bytes of a message's header: length, number, number of what it answers, operation code. */
const HEADER = 16;
/** Operation codes: of a handshake as drivers begin it, of its answer, and of everything since. */
const OP_QUERY = 2004;
const OP_REPLY = 1;
const OP_MSG = 2013;
/** Bytes of OP_QUERY before the collection's name, and after it: flags; how many to skip and to return. */
const QUERY_FLAGS = 4;
const QUERY_NUMBERS = 8;
/** Bytes of OP_MSG before its document: flags and the kind of its one section. */
const MSG_HEAD = 5;
/** Bytes of OP_REPLY before its document: flags, a cursor, where it starts, how many there are. */
const REPLY_HEAD = 20;

/** What is answered to a command of that name; undefined: nothing, ever. */
export type Answers = (command: string) => Document | undefined;

export class HelloServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #says: Document;
  readonly #answers: Answers;
  readonly #sockets = new Set<Socket>();
  /** Names of the commands that came after the handshake. */
  readonly commands: string[] = [];

  private constructor(server: Server, says: Document, answers: Answers) {
    this.#server = server;
    this.#says = says;
    this.#answers = answers;
  }

  static async open(says: Document, answers: Answers = () => ({ ok: 1 })): Promise<HelloServer> {
    const server = createServer();
    const hello = new HelloServer(server, says, answers);
    server.on("connection", (socket) => hello.#serve(socket));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return hello;
  }

  get uri(): string {
    return `mongodb://127.0.0.1:${(this.#server.address() as AddressInfo).port}/views?directConnection=true`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let read: Buffer = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (bytes: Buffer) => {
      read = Buffer.concat([read, bytes]);
      while (read.length >= HEADER && read.length >= read.readInt32LE(0)) {
        const length = read.readInt32LE(0);
        const answer = this.#answer(read.subarray(0, length));
        if (answer !== undefined) socket.write(answer);
        read = read.subarray(length);
      }
    });
  }

  #answer(message: Buffer): Buffer | undefined {
    const isQuery = message.readInt32LE(12) === OP_QUERY;
    const from = isQuery ? message.indexOf(0, HEADER + QUERY_FLAGS) + 1 + QUERY_NUMBERS : HEADER + MSG_HEAD;
    const [name = ""] = Object.keys(BSON.deserialize(message.subarray(from, from + message.readInt32LE(from))));
    const isHello = ["hello", "ismaster"].includes(name.toLowerCase());
    if (!isHello) this.commands.push(name);
    const says = isHello ? { ok: 1, ...this.#says } : this.#answers(name);
    if (says === undefined) return undefined;
    const document = BSON.serialize(says);
    const head = Buffer.alloc(HEADER + (isQuery ? REPLY_HEAD : MSG_HEAD));
    head.writeInt32LE(head.length + document.length, 0);
    head.writeInt32LE(message.readInt32LE(4), 8);
    head.writeInt32LE(isQuery ? OP_REPLY : OP_MSG, 12);
    if (isQuery) head.writeInt32LE(1, HEADER + REPLY_HEAD - 4);
    return Buffer.concat([head, document]);
  }
}
