// The double's reads and subscriptions on the wire: a read of $all begins with the event at its position, a subscription after
// it, and a live subscriber that falls behind is dropped.
import type { ServerWritableStream } from "@grpc/grpc-js";
import { identifier, refusal } from "./appending.ts";
import type { EventStoreDouble, ReadFault } from "./double.ts";
import { grpc, shared, streams } from "./protocol.ts";
import type { Stored } from "./server-log.ts";

// biome-ignore lint/suspicious/noExplicitAny: generated messages
type Message = any;
type Call = ServerWritableStream<Message, Message>;

/** Events that a live subscriber may be behind. */
const LIVE_BUFFER = 32;
const TOO_SLOW = "Operation timed out: Consumer too slow to handle event while live. Client resubscription required.";

export function serveRead(double: EventStoreDouble, call: Call): void {
  const options = call.request.getOptions();
  call.on("error", () => {});
  if (options.hasSubscription()) subscribe(double, call, options);
  else read(double, call, options);
}

function read(double: EventStoreDouble, call: Call, options: Message): void {
  double.calls.reads += 1;
  const isStream = options.hasStream();
  const found = isStream ? streamEvents(double, options.getStream(), options) : allEvents(double, options);
  const fault = double.faults.read?.(isStream ? "stream" : "all");
  if (found === "missing") {
    call.write(notFound(options.getStream().getStreamIdentifier()));
    call.end();
  } else if (found === "deleted") fail(call, refusal(grpc.status.FAILED_PRECONDITION, "deleted", DELETED));
  else if (found === "no place") fail(call, refusal(grpc.status.UNKNOWN, "Unexpected ReadAllResult: Error"));
  else void send(call, found, fault);
}

const DELETED = { exception: "stream-deleted", "stream-name": "s" };

async function send(call: Call, events: readonly Stored[], fault: ReadFault | undefined): Promise<void> {
  let sent = 0;
  for (const event of events) {
    if (fault !== undefined && sent === (fault.after ?? 0)) break;
    if (call.cancelled) return;
    if (!call.write(eventMessage(event))) await new Promise((resolve) => call.once("drain", resolve));
    sent += 1;
  }
  switch (fault?.heard) {
    case undefined:
      call.end();
      break;
    case "nothing":
    case "silence":
      break;
    case "unavailable":
      fail(call, refusal(grpc.status.UNAVAILABLE, "the server goes down"));
      break;
    case "denied":
      fail(call, refusal(grpc.status.PERMISSION_DENIED, "no", { exception: "access-denied" }));
      break;
  }
}

const fail = (call: Call, error: ReturnType<typeof refusal>): void => void call.emit("error", error);

function streamEvents({ log }: EventStoreDouble, asked: Message, options: Message) {
  const name = Buffer.from(asked.getStreamIdentifier().getStreamName_asU8()).toString("utf8");
  if (log.isDeleted(name)) return "deleted" as const;
  const events = log.stream(name);
  if (events.length === 0) return "missing" as const;
  const count = Number(options.getCount());
  if (options.getReadDirection() === 1) return [...events].reverse().slice(0, count);
  const from = asked.hasRevision() ? Number(asked.getRevision()) : 0;
  return events.slice(from, from + count);
}

function allEvents({ log: { events } }: EventStoreDouble, options: Message) {
  const asked = options.getAll();
  const count = Number(options.getCount());
  const isBackwards = options.getReadDirection() === 1;
  if (asked.hasPosition()) {
    const at = events.findIndex(({ position }) => String(position) === asked.getPosition().getCommitPosition());
    if (at < 0) return "no place" as const;
    return isBackwards ? events.slice(Math.max(0, at - count), at).reverse() : events.slice(at, at + count);
  }
  if (isBackwards) return asked.hasEnd() ? events.slice(-count).reverse() : [];
  return asked.hasEnd() ? [] : events.slice(0, count);
}

function subscribe(double: EventStoreDouble, call: Call, options: Message): void {
  double.calls.subscriptions += 1;
  const fault = double.faults.read?.("subscription");
  if (fault?.heard === "unavailable") fail(call, refusal(grpc.status.UNAVAILABLE, "the server goes down"));
  else if (fault?.heard !== "silence") {
    confirm(call);
    if (fault === undefined) goLive(double, call, options);
  }
}

function goLive(double: EventStoreDouble, call: Call, options: Message): void {
  const asked = options.getAll();
  const place = asked.hasPosition() ? Number(asked.getPosition().getCommitPosition()) : -1;
  const after = asked.hasEnd() ? Number.MAX_VALUE : place;
  double.subscribedAfter.push(after);
  const search = searchFor(options.getFilter());
  const send = (event: Stored, isMatch: boolean) => {
    if (isMatch) call.write(eventMessage(event));
    if (search.isCheckpoint()) call.write(checkpointMessage(event));
  };
  for (const event of double.log.events) if (event.position > after) send(event, search.matches(event));
  const behind: [Stored, boolean][] = [];
  const stop = double.log.onWritten((events) => {
    behind.push(...events.map((event): [Stored, boolean] => [event, search.matches(event)]));
    if (behind.filter(([, isMatch]) => isMatch).length > LIVE_BUFFER) {
      stop();
      fail(call, refusal(grpc.status.ABORTED, TOO_SLOW));
    } else setImmediate(drain);
  });
  const drain = () => {
    for (const [event, isMatch] of behind.splice(0)) send(event, isMatch);
  };
  call.on("cancelled", stop);
  call.on("close", stop);
}

/** What a filter picks, and how often the server says how far it has looked. */
function searchFor(filter: Message | undefined) {
  const prefixes: string[] = filter?.getStreamIdentifier()?.getPrefixList() ?? [""];
  const window = filter?.hasMax() ? filter.getMax() : DEFAULT_WINDOW;
  const every = filter === undefined ? Number.POSITIVE_INFINITY : window * filter.getCheckpointintervalmultiplier();
  let searched = 0;
  return {
    matches: ({ stream }: Stored) => prefixes.some((prefix) => stream.startsWith(prefix)),
    isCheckpoint: () => ++searched % every === 0,
  };
}

/** Events that are looked at for a page, where the client names no number. */
const DEFAULT_WINDOW = 32;

function checkpointMessage({ position }: Stored): Message {
  const checkpoint = new streams["ReadResp"].Checkpoint();
  checkpoint.setCommitPosition(String(position));
  checkpoint.setPreparePosition(String(position));
  const answer = new streams["ReadResp"]();
  answer.setCheckpoint(checkpoint);
  return answer;
}

function confirm(call: Call): void {
  const confirmation = new streams["ReadResp"].SubscriptionConfirmation();
  confirmation.setSubscriptionId("1");
  const answer = new streams["ReadResp"]();
  answer.setConfirmation(confirmation);
  call.write(answer);
}

function notFound(stream: Message): Message {
  const missing = new streams["ReadResp"].StreamNotFound();
  missing.setStreamIdentifier(stream);
  const answer = new streams["ReadResp"]();
  answer.setStreamNotFound(missing);
  return answer;
}

function eventMessage(event: Stored): Message {
  const recorded = new streams["ReadResp"].ReadEvent.RecordedEvent();
  const id = new shared["UUID"]();
  id.setString(event.id);
  recorded.setId(id);
  recorded.setStreamIdentifier(identifier(event.stream));
  recorded.setStreamRevision(String(event.revision));
  recorded.setCommitPosition(String(event.position));
  recorded.setPreparePosition(String(event.position));
  recorded.setData(event.data);
  recorded.setCustomMetadata(event.customMetadata);
  const metadata = recorded.getMetadataMap();
  metadata.set("type", event.type);
  metadata.set("content-type", event.contentType);
  // Ticks of 100 ns since 1970.
  metadata.set("created", String(BigInt(event.created) * 10_000n));
  const read = new streams["ReadResp"].ReadEvent();
  read.setEvent(recorded);
  read.setCommitPosition(String(event.position));
  const answer = new streams["ReadResp"]();
  answer.setEvent(read);
  return answer;
}
