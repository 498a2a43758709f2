// Bounds what is on its way to the server at once, first come first served: the client itself would take any amount.

const MOST_APPENDS = 512;
const MOST_BYTES = 8 * 1_048_576;

export class InFlight {
  #appends = 0;
  #bytes = 0;
  readonly #waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  /** Resolves once there is room; undefined where there is some already. Whoever entered leaves. */
  enter(bytes: number): Promise<void> | undefined {
    if (this.#waiting.length > 0 || !this.#fits(bytes))
      return new Promise((go) => void this.#waiting.push({ bytes, go }));
    this.#take(bytes);
    return undefined;
  }

  leave(bytes: number): void {
    this.#appends -= 1;
    this.#bytes -= bytes;
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(next.bytes);
      next.go();
    }
  }

  #take(bytes: number): void {
    this.#appends += 1;
    this.#bytes += bytes;
  }

  #fits(bytes: number): boolean {
    return this.#appends === 0 || (this.#appends < MOST_APPENDS && this.#bytes + bytes <= MOST_BYTES);
  }
}
