// Whom a verifier trusts (C2SP tlog-policy): logs, witnesses, and how many of them it wants.
import { Malformed } from "./malformed.ts";
import { COSIGNATURE, ED25519, parseVerifierKey, type SignatureType, type VerifierKey } from "./verifier-key.ts";

export interface Policy {
  readonly logs: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
  /** Whether cosignatures of exactly these keys are enough. */
  readonly isQuorum: (cosigned: ReadonlySet<VerifierKey>) => boolean;
  /** Whether it asks for any witness at all. */
  readonly wantsWitnesses: boolean;
}

type Witnessed = (cosigned: ReadonlySet<VerifierKey>) => boolean;

/** A policy of keys alone: no witness is asked for. */
export const policyOfKeys = (logs: readonly VerifierKey[]): Policy => ({
  logs,
  witnesses: [],
  isQuorum: () => true,
  wantsWitnesses: false,
});

const NONE = "none";

/** Throws Malformed with the number of the line. */
export function parsePolicy(text: string): Policy {
  const reader = new PolicyReader();
  for (const [index, line] of text.split("\n").entries()) {
    const words = line.split(/[ \t]+/u).filter((word) => word !== "");
    if (words.length === 0 || words[0]!.startsWith("#")) continue;
    try {
      reader.read(words);
    } catch (error) {
      if (error instanceof Malformed) throw new Malformed(`line ${index + 1} of the policy: ${error.message}`);
      throw error;
    }
  }
  return reader.result();
}

class PolicyReader {
  readonly #logs: VerifierKey[] = [];
  readonly #witnesses: VerifierKey[] = [];
  readonly #named = new Map<string, Witnessed>();
  readonly #members = new Set<string>();
  #quorum: string | undefined;

  read([keyword, ...words]: readonly string[]): void {
    if (keyword === "log" && words.length >= 1 && words.length <= 2) this.#add(this.#logs, words[0]!, ED25519);
    else if (keyword === "witness" && words.length >= 2 && words.length <= 3) this.#witness(words[0]!, words[1]!);
    else if (keyword === "group" && words.length >= 3) this.#group(words[0]!, words[1]!, words.slice(2));
    else if (keyword === "quorum" && words.length === 1) this.#setQuorum(words[0]!);
    else throw new Malformed(`“${[keyword, ...words].join(" ").slice(0, 100)}” is no log, witness, group or quorum`);
  }

  #add(keys: VerifierKey[], text: string, type: SignatureType): VerifierKey {
    const key = parseVerifierKey(text);
    if (key.type !== type) throw new Malformed(`the vkey of “${key.name}” is of the wrong type for its line`);
    const known = [...this.#logs, ...this.#witnesses];
    if (known.some(({ publicKey }) => Buffer.compare(publicKey, key.publicKey) === 0))
      throw new Malformed(`the key of “${key.name}” is there twice`);
    keys.push(key);
    return key;
  }

  #define(name: string, witnessed: Witnessed): void {
    if (name === NONE || this.#named.has(name)) throw new Malformed(`the name “${name}” is taken`);
    this.#named.set(name, witnessed);
  }

  #witness(name: string, text: string): void {
    const key = this.#add(this.#witnesses, text, COSIGNATURE);
    this.#define(name, (cosigned) => cosigned.has(key));
  }

  #group(name: string, threshold: string, members: readonly string[]): void {
    const witnessed = members.map((member) => this.#member(member));
    const wanted = threshold === "any" ? 1 : threshold === "all" ? members.length : Number(threshold);
    const isNumber = threshold === "any" || threshold === "all" || String(wanted) === threshold;
    if (!isNumber || !Number.isInteger(wanted) || wanted < 1 || wanted > members.length)
      throw new Malformed(`a group of ${members.length} cannot ask for “${threshold}”`);
    this.#define(name, (cosigned) => witnessed.filter((holds) => holds(cosigned)).length >= wanted);
  }

  #member(name: string): Witnessed {
    const witnessed = this.#named.get(name);
    if (witnessed === undefined) throw new Malformed(`“${name}” is not defined above`);
    if (this.#members.has(name)) throw new Malformed(`“${name}” is a member of more than one group`);
    this.#members.add(name);
    return witnessed;
  }

  #setQuorum(name: string): void {
    if (this.#quorum !== undefined) throw new Malformed("there is more than one quorum");
    if (name !== NONE && !this.#named.has(name)) throw new Malformed(`“${name}” is not defined above`);
    this.#quorum = name;
  }

  result(): Policy {
    if (this.#quorum === undefined)
      throw new Malformed("the policy has no quorum line; “quorum none” asks for no witness");
    const isQuorum = this.#quorum === NONE ? () => true : this.#named.get(this.#quorum)!;
    return { logs: this.#logs, witnesses: this.#witnesses, isQuorum, wantsWitnesses: this.#quorum !== NONE };
  }
}
