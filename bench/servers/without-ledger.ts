// Loaded before the service: no event gets a leaf, so no tree grows and no head is signed. It is for measuring alone, and the
// product has no such switch.
import { registerHooks } from "node:module";

const FILE = /\/(?:src|dist)\/projections\/ledger\/leaf-of\.[jt]s$/u;
const LEAVES = /export function leafOf\(/u;
const NONE = "export function leafOf(): undefined { return undefined; }\nfunction withLeaf(";

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!FILE.test(url)) return loaded;
    const source = String(loaded.source);
    if (!LEAVES.test(source)) throw new Error(`${url} has no leafOf that could be left out`);
    return { ...loaded, source: source.replace(LEAVES, NONE) };
  },
});
