// Which paths have an interval index: what provisioning clients look resources up by. Each row costs a page per write.
export const indexedPaths: ReadonlyMap<string, readonly string[]> = new Map([
  ["User", ["userName", "externalId", "emails.value"]],
  ["Group", ["displayName", "externalId"]],
]);

const sets = new Map([...indexedPaths].map(([type, paths]) => [type, new Set(paths)]));

/** Whether values at this path of the resource type are found without a scan. */
export const isIndexed = (type: string, path: string): boolean => sets.get(type)?.has(path) ?? false;
