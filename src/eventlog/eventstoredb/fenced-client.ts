// The client of EventStoreDB, with what can end or mislead the process fenced off. It keeps appends that wait for their answer
// in one map for the whole process: the error of one stream empties it, and an answer that comes later is looked up in vain
// and throws where nobody catches. Behind a full socket it waits for a "drain" that a dead stream never says, or rejects a
// promise that nobody holds. A read that was cancelled with its connection ends as if it were complete; one that was cancelled
// here closes the connection under all others. An append by a call of its own, made when the connection was just closed (a
// leader is gone), rejects a promise that nobody holds and never settles its own. It prints the address that it is given,
// password and all. What is replaced here is protected, not public: the version is pinned.
import { PassThrough } from "node:stream";
import { ErrorType, EventStoreDBClient } from "@eventstore/db-client";
import { type Credentials, hostsOf } from "./connection-string.ts";
import { messageOf } from "./failure.ts";

interface DuplexStream {
  on(event: string, listener: (...values: unknown[]) => void): this;
  write(message: unknown): boolean;
}

interface GrpcClient {
  append?(...values: unknown[]): unknown;
  batchAppend?(...values: unknown[]): DuplexStream;
  read?(...values: unknown[]): DuplexStream;
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
  execute(kind: unknown, name: string, action: (client: GrpcClient) => unknown): Promise<unknown>;
  handleError(client: unknown, error: Error): Promise<void>;
  getChannel(): Promise<Channel>;
  callArguments(
    options: { readonly credentials?: Credentials; readonly requiresLeader?: boolean },
    call?: unknown,
  ): unknown;
}

/**
 * Connects when it is first used. The address has no credentials in it. Throws for one that cannot be read, without
 * repeating it.
 */
export function fencedClient(address: string, credentials: Credentials | undefined): EventStoreDBClient {
  const client = clientOf(address);
  const insides = client as unknown as Insides;
  const { GRPCStreamCreator: createStream, execute, handleError, callArguments } = insides;
  insides.GRPCStreamCreator = (kind, name, creator, cache) =>
    createStream(kind, name, (grpc) => creator(fenced(grpc)), cache);
  insides.execute = (kind, name, action) => execute(kind, name, (grpc) => action(answering(grpc)));
  // Of a cluster the leader alone: another node may not have yet what was acknowledged.
  insides.callArguments = (options, call) =>
    callArguments({ ...options, requiresLeader: true, ...(credentials !== undefined && { credentials }) }, call);
  // It takes the end of a read that was cancelled here for a server in trouble, and what is on the channel's other streams is
  // lost ten seconds later. Its own look at a channel that could not be made rejects a promise that nobody holds.
  insides.handleError = async (grpc, error) => {
    if (!isCancellation(error)) await handleError(grpc, error).catch(() => {});
  };
  return client;
}

function clientOf(address: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(address);
  } catch (error) {
    const reason = messageOf(error).startsWith(NO_CERTIFICATE) ? "its CA file was not found" : "it is not well formed";
    throw new Error(`the address of the event store at ${hostsOf(address)} cannot be used: ${reason}`);
  }
}

const NO_CERTIFICATE = "Failed to load certificate file";

/** Ends whatever the client has open, and its connection. */
export async function disposeOf(client: EventStoreDBClient): Promise<void> {
  await client.dispose();
  const channel = await (client as unknown as Insides).getChannel().catch(() => undefined);
  channel?.close();
}

function fenced(grpc: GrpcClient): GrpcClient {
  const [append, read] = [grpc.batchAppend?.bind(grpc), grpc.read?.bind(grpc)];
  return Object.create(grpc, {
    ...(append !== undefined && { batchAppend: { value: (...values: unknown[]) => fencedAppends(append(...values)) } }),
    ...(read !== undefined && { read: { value: (...values: unknown[]) => fencedRead(read(...values)) } }),
  });
}

/** A call on a channel that was closed throws, where the client has no promise yet to reject: it is told as any failure. */
function answering(grpc: GrpcClient): GrpcClient {
  const append = grpc.append?.bind(grpc);
  if (append === undefined) return grpc;
  const call = (...values: unknown[]) => {
    try {
      return append(...values);
    } catch (error) {
      const answer = values.at(-1) as (error: unknown) => void;
      answer(error);
      return new PassThrough({ objectMode: true }).resume();
    }
  };
  return Object.create(grpc, { append: { value: call } });
}

function fencedAppends(stream: DuplexStream): DuplexStream {
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

function fencedRead(stream: DuplexStream): DuplexStream {
  const on = stream.on.bind(stream);
  stream.on = (event, listener) => on(event, event === "error" ? outspoken(listener) : listener) as typeof stream;
  return stream;
}

/** The client keeps a cancellation to itself when its words are these. */
const outspoken =
  (listener: (...values: unknown[]) => void) =>
  (error: unknown): void =>
    listener(
      (error as { readonly code?: number }).code === CANCELLED
        ? Object.assign(Object.create(error as object), { details: "the call was cancelled", message: "cancelled" })
        : error,
    );

/** gRPC's status of a cancelled call. */
const CANCELLED = 1;

/** By gRPC, or as the client has put it since. */
function isCancellation(error: unknown): boolean {
  const { code, type } = error as { readonly code?: unknown; readonly type?: unknown };
  return code === CANCELLED || type === ErrorType.CANCELLED;
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
