/** Names the position of the log that an answer goes up to. */
export const POSITION_HEADER = "SCIM-Ledger-Position";
