/** A text is not of the format that it should be; the message says where it departs. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}
