import { ComponentResource, Stash, secret } from "@pulumi/pulumi";

import { serveChild } from "../../server/engine/child";

/**
 * A child process for tests of the engine: real engine, real state, and resources that need no cloud (Pulumi's built-in
 * Stash). The spec's tags say what the program does: `stash-<name>` makes a stash with that input, `protect` names the
 * protected and retained ones, `fail` throws, `hang` never ends, `crash` ends the process. With `secret` all inputs are
 * secret, and so is an output; they are the tags' text reversed, because the tags themselves stand in the config.
 */
const reversed = (text = ""): string => Array.from(text).reverse().join("");

class Part extends ComponentResource {
  constructor(name: string) {
    super("strongroom:test:Part", name);
    this.registerOutputs();
  }
}

serveChild(({ tags }) => async () => {
  if (tags["crash"] !== undefined) process.exit(3);
  if (tags["fail"] !== undefined) throw new Error(tags["fail"]);
  if (tags["hang"] !== undefined) await new Promise(() => setInterval(() => undefined, 1000));
  const part = new Part("part");
  const names = Object.keys(tags).filter((tag) => tag.startsWith("stash-"));
  for (const tag of names) {
    const kept = tags["protect"] === tag;
    new Stash(
      tag.slice("stash-".length),
      { input: tags["secret"] === undefined ? tags[tag] : secret(reversed(tags[tag])) },
      { parent: part, protect: kept, retainOnDelete: kept },
    );
  }
  return {
    count: names.length,
    ...(tags["output"] === undefined ? {} : { output: tags["output"] }),
    ...(tags["secret"] === undefined ? {} : { hidden: secret(reversed(tags["secret"])) }),
  };
});
