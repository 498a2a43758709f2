// Finds where one HTTP/1.1 answer ends on a keep-alive connection: just enough of RFC 9112 for servers of our own choosing.

export interface Answer {
  readonly status: number;
  /** Bytes of head and body. */
  readonly bytes: number;
}

const HEAD_END = Buffer.from("\r\n\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

/** Reads answers one after the other; a connection has one request on its way at a time. */
export class AnswerReader {
  #status = 0;
  #seen = 0;
  /** Bytes of the whole answer; undefined for a chunked one; 0 while its head is not complete. */
  #length: number | undefined = 0;
  #head: Buffer | undefined;
  #tail = Buffer.alloc(0);

  /** Takes the bytes that arrived; the answer, once they complete it. */
  take(chunk: Buffer): Answer | undefined {
    if (this.#length === 0 && !this.#readHead(chunk)) return undefined;
    this.#seen += chunk.length;
    const complete = this.#length === undefined ? this.#endsHere(chunk) : this.#seen >= this.#length;
    if (!complete) return undefined;
    const answer = { status: this.#status, bytes: this.#seen };
    this.#seen = 0;
    this.#length = 0;
    this.#tail = Buffer.alloc(0);
    return answer;
  }

  /** Whether the head is complete; what arrived of it before is counted already. */
  #readHead(chunk: Buffer): boolean {
    const arrived = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk]);
    const end = arrived.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = Buffer.from(arrived);
      this.#seen = arrived.length;
      return false;
    }
    this.#head = undefined;
    this.#status = Number(arrived.toString("latin1", 9, 12));
    const body = bodyLength(arrived.toString("latin1", 0, end), this.#status);
    this.#length = body === undefined ? undefined : end + HEAD_END.length + body;
    return true;
  }

  /** A chunked body ends with an empty chunk; our servers send no trailers. */
  #endsHere(chunk: Buffer): boolean {
    const tail = chunk.length >= LAST_CHUNK.length ? chunk : Buffer.concat([this.#tail, chunk]);
    this.#tail = Buffer.from(tail.subarray(-LAST_CHUNK.length));
    return this.#tail.equals(LAST_CHUNK);
  }
}

const CONTENT_LENGTH = "\ncontent-length:";

/** Bytes of the body; undefined for a chunked one. */
function bodyLength(head: string, status: number): number | undefined {
  if (status === 204 || status === 304) return 0;
  const lower = head.toLowerCase();
  const at = lower.indexOf(CONTENT_LENGTH);
  if (at >= 0) return Number.parseInt(lower.slice(at + CONTENT_LENGTH.length), 10);
  return lower.includes("\ntransfer-encoding: chunked") ? undefined : 0;
}
