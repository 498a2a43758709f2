// A JSON answer that may be large: kept together while it is small (one write, Content-Length), else sent in pieces, no
// faster than the client reads.
import { writePiece } from "./back-pressure.ts";
import { ClientGone } from "./body.ts";
import type { Exchange } from "./exchange.ts";

/** UTF-16 units that are kept before they are sent. */
const PIECE = 65_536;

export class JsonStream {
  readonly #exchange: Exchange;
  readonly #status: number;
  readonly #headers: readonly string[];
  #text = "";
  #begun = false;

  constructor(exchange: Exchange, status: number, headers: readonly string[]) {
    this.#exchange = exchange;
    this.#status = status;
    this.#headers = headers;
  }

  /** A HEAD wants the headers alone: nothing more has to be made than what was written so far. */
  get isHead(): boolean {
    return this.#exchange.request.method === "HEAD";
  }

  /** Returns at once while there is room, else a promise for when there is. Throws ClientGone. */
  write(text: string): Promise<void> | undefined {
    this.#text += text;
    return this.#text.length < PIECE ? undefined : this.#flush();
  }

  async #flush(): Promise<void> {
    const { response } = this.#exchange;
    if (response.destroyed) throw new ClientGone();
    if (!this.#begun) {
      this.#begun = true;
      this.#exchange.begin(this.#status, this.#exchange.answerType, this.#headers);
    }
    const piece = this.#text;
    this.#text = "";
    if (!this.isHead) this.#exchange.bytesSent += Buffer.byteLength(piece);
    await writePiece(response, piece);
  }

  /** Sends the rest. */
  async end(): Promise<void> {
    if (!this.#begun && this.isHead) {
      this.#exchange.begin(this.#status, this.#exchange.answerType, this.#headers);
      this.#exchange.ended(this.#status);
    } else if (this.#begun) {
      await this.#flush();
      this.#exchange.ended(this.#status);
    } else {
      this.#exchange.answer(this.#status, this.#text, this.#headers);
    }
  }
}
