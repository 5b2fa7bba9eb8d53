import { expect } from "chai";

import { createPostJson } from "../../../../lambdas/net/post-json";
import { FunctionError } from "../../../../lambdas/ports";

const URL_OF_SYSTEM = "https://billing.example.com/rotate";
const HEADERS = { authorization: "Bearer canary" };

const failureOf = (work: Promise<unknown>): Promise<FunctionError> =>
  work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error: unknown) => error as FunctionError,
  );

describe("sending a credential over HTTPS", () => {
  it("posts JSON, follows no redirection and answers the status alone", async () => {
    const asked: { url: string; init: RequestInit | undefined }[] = [];
    const post = createPostJson((url, init) => {
      asked.push({ url: url instanceof Request ? url.url : url.toString(), init });
      return Promise.resolve(new Response("a body that nobody reads", { status: 302 }));
    });
    expect(await post(URL_OF_SYSTEM, HEADERS, { step: "set" })).to.deep.equal({ status: 302 });
    const { init } = asked[0] ?? {};
    expect(init).to.include({ method: "POST", redirect: "manual", body: '{"step":"set"}' });
    expect(init?.headers).to.deep.equal({ ...HEADERS, "content-type": "application/json" });
  });

  it("sends nothing without TLS", async () => {
    const post = createPostJson(() => Promise.reject(new Error("it was sent")));
    const error = await failureOf(post("http://billing.example.com/", HEADERS, {}));
    expect(error.code).to.equal("ROTATION_HOST");
  });

  it("may be tried again after a failure, whose text it does not repeat", async () => {
    const post = createPostJson(() => Promise.reject(new TypeError("Bearer canary")));
    const error = await failureOf(post(URL_OF_SYSTEM, HEADERS, {}));
    expect(error).to.include({ code: "HTTP_UNREACHABLE", retry: true });
    expect(error.message).not.to.include("canary");
  });
});
