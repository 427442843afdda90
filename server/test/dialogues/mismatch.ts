/** What a line of a dialogue says is not so. */
export class Mismatch extends Error {
  override readonly name = "Mismatch";
}
