/** Where SCIM is, below the base of the service. */
export const SCIM_PATH = "/scim/v2";
