// Tests start hundreds of processes: what one of them has compiled, the next need not.
import { fileURLToPath } from "node:url";

export default (): void => {
  process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("../../node_modules/.cache/compile", import.meta.url));
};
