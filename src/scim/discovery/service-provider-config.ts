import type { JsonObject } from "../json.ts";
import { serviceProviderConfigSchema } from "../schema/service-provider-config.ts";

/** What differs between deployments; everything else is what the code does. */
export interface Offer {
  /** The absolute URI of the configuration. */
  readonly location: string;
  /** How many resources a page holds without `count`, and how many it may hold. */
  readonly pageSize: number;
  readonly maxPageSize: number;
  /** How long a cursor may be used. */
  readonly cursorSeconds: number;
  /** The limits of one Bulk request. Zero operations, as by default: there is no Bulk. */
  readonly maxOperations?: number;
  readonly maxPayloadSize?: number;
  readonly documentationUri?: string;
}

/** What the service offers (RFC 7643 §5). Limits are there even for what is not supported: clients break without. */
export const serviceProviderConfig = (offer: Offer): JsonObject => {
  const { location, pageSize, maxPageSize, maxOperations = 0, maxPayloadSize = 0, documentationUri } = offer;
  return {
    schemas: [serviceProviderConfigSchema.id],
    ...(documentationUri !== undefined && { documentationUri }),
    patch: { supported: true },
    bulk: { supported: maxOperations > 0, maxOperations, maxPayloadSize },
    filter: { supported: true, maxResults: maxPageSize },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    // RFC 9865 §4. By index where a client names no method: those who know no cursors expect it so.
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: "index",
      defaultPageSize: Math.min(pageSize, maxPageSize),
      maxPageSize,
      cursorTimeout: offer.cursorSeconds,
    },
    authenticationSchemes: [
      {
        type: "oauthbearertoken",
        name: "Bearer token",
        description: "A credential of this service in the Authorization header.",
        specUri: "https://www.rfc-editor.org/info/rfc6750",
        primary: true,
      },
    ],
    meta: { resourceType: "ServiceProviderConfig", location },
  };
};
