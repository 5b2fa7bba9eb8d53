import { prepareToolchain, type Toolchain } from "../../engine/toolchain";

/** The engine's parts for the integration tests; the test command's set-up has made them, so this takes no time there. */
export function engineTools(): Promise<Toolchain> {
  return prepareToolchain(() => undefined);
}
