// The service definitions that the client ships, and its own gRPC: so the client's real code talks to the double.
import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";

const require = createRequire(createRequire(import.meta.url).resolve("@eventstore/db-client"));
const generated = (name: string) => require(`@eventstore/db-client/generated/${name}`);

export const grpc: typeof Grpc = require("@grpc/grpc-js");
export const { StreamsService } = generated("streams_grpc_pb.js");
export const { ServerFeaturesService } = generated("serverfeatures_grpc_pb.js");
export const streams: Messages = generated("streams_pb.js");
export const shared: Messages = generated("shared_pb.js");
export const features: Messages = generated("serverfeatures_pb.js");
export const status: Messages = generated("status_pb.js");
export const { Any } = require("google-protobuf/google/protobuf/any_pb.js") as Messages;
export const google = require("google-protobuf/google/protobuf/empty_pb.js") as Messages;

/** Generated classes: setters and getters by the names of the fields. */
// biome-ignore lint/suspicious/noExplicitAny: generated code without types that hold together
type Messages = Record<string, any>;
