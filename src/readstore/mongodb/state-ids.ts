// What the documents beside the checkpoint are called: see `COLLECTIONS`.

type Kind = "count" | "head" | "tail";

const idOf = (kind: Kind, of: string): string => `${kind}/${of}`;

export const countId = ({ tenant, type }: { readonly tenant: string; readonly type: string }): string =>
  idOf("count", `${tenant}/${type}`);
export const headId = (tenant: string): string => idOf("head", tenant);
export const tailId = (tenant: string): string => idOf("tail", tenant);

/** Those of all tenants. */
export const idsOf = (kind: Kind) => ({ $gte: idOf(kind, ""), $lt: `${kind}0` });
