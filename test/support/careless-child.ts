import * as pulumi from "@pulumi/pulumi";

import { programOf } from "../../programs/program";
import { serveChild } from "../../server/engine/child";

/**
 * The child process of a service whose programs are the real ones, but for fleets with the tag `careless: key`: there a
 * member's keys are no longer protected and of one Region only, which AWS cannot change in place.
 */
serveChild((spec, connection) => async () => {
  if (spec.kind === "member" && spec.tags["careless"] === "key") {
    pulumi.runtime.registerStackTransformation(({ type, props, opts }) =>
      type === "aws:kms/key:Key"
        ? { props: { ...props, multiRegion: false }, opts: { ...opts, protect: false } }
        : undefined,
    );
  }
  return programOf(spec, connection)();
});
