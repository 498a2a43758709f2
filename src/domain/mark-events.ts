// What administrators say of groups: which are privileged, and which two nobody may hold together. Events, so that the marks
// themselves are as of an instant.
import { z } from "zod";
import { event } from "./event.ts";

const id = z.string().min(1);
/** In the order of their text, so that a pair has one name. */
const pair = z.tuple([id, id]);

export const GroupMarkedPrivileged = event("GroupMarkedPrivileged", 1, z.strictObject({ group: id }));
export const GroupUnmarkedPrivileged = event("GroupUnmarkedPrivileged", 1, z.strictObject({ group: id }));
export const GroupsMarkedExclusive = event("GroupsMarkedExclusive", 1, z.strictObject({ groups: pair }));
export const GroupsUnmarkedExclusive = event("GroupsUnmarkedExclusive", 1, z.strictObject({ groups: pair }));
