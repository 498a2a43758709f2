// A double of EventStoreDB for tests: a gRPC server in this process, made from the definitions that the client ships, so that
// the client's real code runs against it. Faults that a real server shows only by luck are switched on here.
import type {
  Metadata,
  Server,
  ServerDuplexStream,
  ServerReadableStream,
  ServerWritableStream,
  sendUnaryData,
} from "@grpc/grpc-js";
import {
  batchAnswer,
  batchAppendOf,
  callAnswer,
  type Outcome,
  type Proposed,
  proposedOf,
  refusal,
} from "./appending.ts";
import { certificate, privateKey } from "./localhost-certificate.ts";
import { features, grpc, ServerFeaturesService, StreamsService } from "./protocol.ts";
import { serveRead } from "./reads.ts";
import { ServerLog } from "./server-log.ts";

/** What happens to an append: whether it is written, and what the client hears of it. */
export interface AppendFault {
  readonly written: boolean;
  /** Nothing ever; an answer after some ms; the call's end with "unavailable"; its deadline; an answer that the client cannot read. */
  readonly heard: "nothing" | "late" | "unavailable" | "deadline" | "nonsense" | "denied";
  readonly afterMs?: number;
}

export interface ReadFault {
  /** A subscription hears at least that it is one, unless there is "silence". */
  readonly heard: "nothing" | "silence" | "unavailable" | "denied";
  /** Events that are sent before. */
  readonly after?: number;
}

export interface Faults {
  append?: (stream: string) => AppendFault | undefined;
  read?: (asked: "stream" | "all" | "subscription") => ReadFault | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: generated messages
type Message = any;

export class EventStoreDouble {
  readonly log = new ServerLog();
  readonly faults: Faults = {};
  /** Calls of each kind so far: the batch stream counts its appends. */
  readonly calls = { batch: 0, single: 0, reads: 0, subscriptions: 0 };
  /** After which position each subscription began; -1 for the first event. */
  readonly subscribedAfter: number[] = [];
  /** What callers said of themselves; "nobody" where they said nothing. */
  readonly callers = new Set<string>();
  /** The connections that calls came by, as addresses. */
  readonly connections = new Set<string>();
  /** Whether every call asked for the leader. */
  everyCallAsksTheLeader = true;
  readonly #isSecure: boolean;
  #server: Server | undefined;
  #port = 0;

  constructor({ tls = false }: { readonly tls?: boolean } = {}) {
    this.#isSecure = tls;
  }

  /** Starts on a port of its own, or again on the one it had. */
  async start(): Promise<this> {
    const server = new grpc.Server({ "grpc.max_receive_message_length": 32 * 1_048_576 });
    server.addService(ServerFeaturesService, {
      getSupportedMethods: (_: unknown, answer: sendUnaryData<Message>) => answer(null, supported()),
    });
    server.addService(StreamsService, {
      read: (call: ServerWritableStream<Message, Message>) => {
        this.#note(call);
        serveRead(this, call);
      },
      batchAppend: (call: ServerDuplexStream<Message, Message>) => {
        this.#note(call);
        this.#batchAppend(call);
      },
      append: (call: ServerReadableStream<Message, Message>, answer: sendUnaryData<Message>) => {
        this.#note(call);
        this.#append(call, answer);
      },
      delete: unimplemented,
      tombstone: unimplemented,
    });
    this.#port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(
        `127.0.0.1:${this.#port}`,
        this.#isSecure ? SECURE : grpc.ServerCredentials.createInsecure(),
        (error, port) => (error === null ? resolve(port) : reject(error)),
      ),
    );
    this.#server = server;
    return this;
  }

  /** Ends at once, as if killed; what it wrote is kept. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
  }

  get address(): string {
    return this.#isSecure ? `esdb://localhost:${this.#port}` : `esdb://127.0.0.1:${this.#port}?tls=false`;
  }

  #note(call: { readonly metadata: Metadata; getPeer(): string }): void {
    const { metadata } = call;
    this.connections.add(call.getPeer());
    const [basic] = metadata.get("authorization");
    if (metadata.get("requires-leader")[0] !== "true") this.everyCallAsksTheLeader = false;
    this.callers.add(basic === undefined ? "nobody" : Buffer.from(String(basic).slice(6), "base64").toString());
  }

  #batchAppend(call: ServerDuplexStream<Message, Message>): void {
    const gathered = new Map<string, Proposed>();
    call.on("data", (request) => {
      const { correlation, batch, isFinal } = batchAppendOf(request, gathered);
      if (!isFinal) return;
      this.calls.batch += 1;
      this.#settle(batch, {
        answer: (outcome) => call.write(batchAnswer(correlation, batch, outcome)),
        break: (error) => void call.emit("error", error),
      });
    });
    call.on("end", () => call.end());
    call.on("error", () => {});
  }

  #append(call: ServerReadableStream<Message, Message>, answer: sendUnaryData<Message>): void {
    const requests: Message[] = [];
    call.on("data", (request) => requests.push(request));
    call.on("error", () => {});
    call.on("end", async () => {
      // What was cancelled on its way came in part, and its end is heard before its cancellation.
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (call.cancelled) return;
      this.calls.single += 1;
      const batch = proposedOf(requests);
      this.#settle(batch, {
        answer: (outcome) => {
          const { error, message } = callAnswer(batch, outcome);
          answer(error ?? null, message);
        },
        break: (error) => answer(error),
      });
    });
  }

  #settle(batch: Proposed, to: { answer(outcome: Outcome): void; break(error: Message): void }): void {
    const fault = this.faults.append?.(batch.stream);
    const append = () => this.log.append(batch.stream, batch.expected, batch.proposals);
    const outcome = fault === undefined || fault.written ? append() : undefined;
    switch (fault?.heard) {
      case undefined:
        to.answer(outcome!);
        break;
      case "nothing":
        break;
      case "late":
        setTimeout(() => to.answer(outcome ?? append()), fault?.afterMs ?? 50).unref();
        break;
      case "unavailable":
        to.break(refusal(grpc.status.UNAVAILABLE, "the server goes down"));
        break;
      case "deadline":
      case "nonsense":
      case "denied":
        to.answer({ kind: fault!.heard } as Outcome);
        break;
    }
  }
}

const SECURE = grpc.ServerCredentials.createSsl(null, [
  { cert_chain: Buffer.from(certificate), private_key: Buffer.from(privateKey) },
]);

function supported(): Message {
  const method = new features["SupportedMethod"]();
  method.setMethodName("batchappend");
  method.setServiceName("event_store.client.streams.streams");
  const methods = new features["SupportedMethods"]();
  methods.setMethodsList([method]);
  methods.setEventStoreServerVersion("23.10.6");
  return methods;
}

const unimplemented = (_: unknown, answer: sendUnaryData<Message>) =>
  answer(refusal(grpc.status.UNIMPLEMENTED, "the double has no such call"));
