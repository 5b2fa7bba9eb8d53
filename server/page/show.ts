import type { FastifyReply } from "fastify";

import type { Principal } from "../auth/roles";
import type { Html } from "./html";
import { page } from "./layout";

/** Sends a page; none is kept by browsers or in between. `live` adds the script that follows a run. */
export function show(
  reply: FastifyReply,
  title: string,
  content: Html,
  principal?: Principal,
  live = false,
): FastifyReply {
  return reply
    .type("text/html; charset=utf-8")
    .header("cache-control", "no-store")
    .send(page(title, content, { live, ...(principal === undefined ? {} : { principal }) }));
}
