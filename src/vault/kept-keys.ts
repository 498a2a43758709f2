// Secrets of opened keys in memory, those in use longest: a bounded number.

/** A secret is 32 bytes and its name about 70. */
const KEPT = 20_000;

export class KeptKeys {
  /** Two generations: what is used moves into the young one, and the old one is dropped when that is full. */
  #young = new Map<string, Uint8Array>();
  #old = new Map<string, Uint8Array>();

  get(tenant: string, keyId: string): Uint8Array | undefined {
    const name = nameOf(tenant, keyId);
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.#add(name, old);
    return old;
  }

  keep(tenant: string, keyId: string, secret: Uint8Array): void {
    this.#add(nameOf(tenant, keyId), secret);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #add(name: string, secret: Uint8Array): void {
    if (this.#young.size >= KEPT / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, secret);
  }
}

/** A key belongs to one tenant: it is kept under both, so that no tenant opens another's. */
const nameOf = (tenant: string, keyId: string): string => `${tenant}/${keyId}`;
