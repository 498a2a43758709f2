// The client of EventStoreDB, with what can end or hang the process fenced off. The client keeps appends that wait for their
// answer in one map for the whole process: the error of one stream empties it, and an answer that comes later is looked up
// in vain and throws where nobody catches. Behind a full socket it waits for a "drain" that a dead stream never says, or
// rejects a promise that nobody holds. The members replaced here are not public; `fenced-client.test` holds them to their shape.
import { EventStoreDBClient } from "@eventstore/db-client";
import { hostsOf } from "./connection-string.ts";
import { messageOf } from "./failure.ts";

interface DuplexStream {
  on(event: string, listener: (...values: unknown[]) => void): this;
  write(message: unknown): boolean;
}

interface GrpcClient {
  batchAppend?(...values: unknown[]): DuplexStream;
}

interface Channel {
  close(): void;
}

/** The parts of the client that are protected. */
interface Insides {
  GRPCStreamCreator(
    kind: unknown,
    name: string,
    creator: (client: GrpcClient) => unknown,
    cache?: unknown,
  ): () => Promise<unknown>;
  handleError(client: unknown, error: Error): Promise<void>;
  getChannel(): Promise<Channel>;
}

/** Connects when it is first used. Throws for a connection string that cannot be read, without repeating it. */
export function fencedClient(connectionString: string): EventStoreDBClient {
  const client = clientOf(connectionString);
  const insides = client as unknown as Insides;
  const { GRPCStreamCreator: createStream, handleError } = insides;
  insides.GRPCStreamCreator = (kind, name, creator, cache) =>
    createStream(kind, name, (grpc) => creator(withSafeAppends(grpc)), cache);
  // Its own look at a channel that could not be made rejects a promise that nobody holds.
  insides.handleError = (grpc, error) => handleError(grpc, error).catch(() => {});
  return client;
}

function clientOf(connectionString: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(connectionString);
  } catch (error) {
    // Of an address that it cannot read the client repeats parts, which may be the password.
    const reason = messageOf(error).startsWith(NO_CERTIFICATE) ? "its CA file was not found" : "it is not well formed";
    throw new Error(`the address of the event store at ${hostsOf(connectionString)} cannot be used: ${reason}`);
  }
}

const NO_CERTIFICATE = "Failed to load certificate file";

/** Ends whatever the client has open, and its connection. */
export async function disposeOf(client: EventStoreDBClient): Promise<void> {
  await client.dispose();
  const channel = await (client as unknown as Insides).getChannel().catch(() => undefined);
  channel?.close();
}

function withSafeAppends(grpc: GrpcClient): GrpcClient {
  const append = grpc.batchAppend?.bind(grpc);
  return append === undefined
    ? grpc
    : Object.create(grpc, { batchAppend: { value: (...values: unknown[]) => safe(append(...values)) } });
}

function safe(stream: DuplexStream): DuplexStream {
  const on = stream.on.bind(stream);
  const write = stream.write.bind(stream);
  stream.on = (event, listener) => on(event, event === "data" ? forgiving(listener) : listener) as typeof stream;
  // How much is on its way is bounded before it comes here.
  stream.write = (message) => {
    write(message);
    return true;
  };
  return stream;
}

/** An answer that cannot be handled is no answer: the append's own timer asks again. */
const forgiving =
  (listener: (...values: unknown[]) => void) =>
  (...values: unknown[]): void => {
    try {
      listener(...values);
    } catch {
      // Looked up in vain, or of a shape the client does not know.
    }
  };
