const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u;

/** Whether a text can be the id of a resource: a UUIDv7 in lower case. */
export const isResourceId = (text: string): boolean => text.length === 36 && ID.test(text);
