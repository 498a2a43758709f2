// The port through which personal values get their keys. A data key exists in the vault alone; whoever destroys it erases
// what it encrypted, everywhere.

export interface DataKey {
  /** Random, opaque; events name it in clear. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** A data key that is found again by its name; names carry no personal data. */
export interface NamedKey {
  readonly name: string;
  readonly keyId: string;
}

/** The secret of a data key, `undefined` once destroyed. */
export type Opened = Uint8Array | undefined;

export interface KeyVault {
  /** Makes the tenant's wrapping and claim keys and its first stock; a no-op where they exist. Durable once resolved. */
  prepareTenant(tenant: string): Promise<void>;
  /** An unused data key, durable already: taken from the stock in memory, which is refilled in the background. */
  assign(tenant: string): DataKey | Promise<DataKey>;
  /**
   * The data key under a name: the same for every process and start, durable once resolved. A first one is made where there is
   * none, and another where it was destroyed.
   */
  named(tenant: string, name: string): Promise<DataKey>;
  /** Every name of the tenant whose key lives, in order. */
  names(tenant: string): Promise<readonly NamedKey[]>;
  /**
   * Opens a data key: at once where it is at hand. Keys that are asked for in one go are one question to a vault on another
   * machine. Rejects with VaultUnavailable, which is not “destroyed”.
   */
  open(tenant: string, keyId: string): Opened | Promise<Opened>;
  /** Destroys data keys for good; durable, gone from where they were stored, and served by no process, once resolved. */
  destroy(tenant: string, keyIds: readonly string[]): Promise<void>;
  /** The key of the tenant's claim streams (HMAC-SHA-256), 32 bytes; never rotated in place. */
  claimKey(tenant: string): Uint8Array | Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The vault could not do it now, a full disk for one: nothing is assigned, and what was asked may be asked again. */
export class VaultUnavailable extends Error {
  override readonly name = "VaultUnavailable";
}
