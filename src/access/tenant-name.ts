/** The tenant that exists from the first start; its administrators manage the others. */
export const DEFAULT_TENANT = "default";
/** Holds what belongs to no tenant, such as failed authentications. Nobody can create it or sign in to it. */
export const SYSTEM_TENANT = "_system";

const NAME = /^[a-z0-9]{1,40}$/u;

/** Whether a text can be a tenant's id: it becomes a part of stream names. */
export const isTenantId = (text: unknown): text is string => typeof text === "string" && NAME.test(text);
