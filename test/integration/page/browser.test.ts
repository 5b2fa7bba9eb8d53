import { readFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";

import { expect } from "chai";
import type { Browser, BrowserContext, Page } from "playwright-core";

import type { Service } from "../../../server/main";
import type { StackEvent } from "../../../server/ports";
import { startBrowser } from "../../support/browser";
import { until } from "../../support/until-answer";
import {
  call,
  exampleOrganization,
  quietEngine,
  serviceFolder,
  startTestService,
} from "../../support/service";

const NASTY = `<img src=x onerror="alert(1)">'\`&</td></table><script>alert(2)</script>`;
const AXE = createRequire(__filename).resolve("axe-core/axe.min.js");

interface Work {
  readonly tell: (event: StackEvent) => void;
  readonly end: () => void;
}

/** An engine that does nothing until it is let go, so that a reader can look while it works. */
function heldEngine() {
  const engine = quietEngine();
  const held = new Set<Work>();
  const port: typeof engine.port = {
    ...engine.port,
    execute: async (job, tell, signal) => {
      await new Promise<void>((resolve) => {
        const work: Work = {
          tell,
          end: () => {
            held.delete(work);
            resolve();
          },
        };
        held.add(work);
        signal.addEventListener("abort", work.end);
      });
      return engine.port.execute(job, tell, signal);
    },
  };
  return { engine: { ...engine, port }, held };
}

describe("the page in a browser", function () {
  this.timeout(60_000);
  let browser: Browser | undefined;
  let place: Awaited<ReturnType<typeof serviceFolder>>;
  let service: Service;
  let context: BrowserContext;
  let page: Page;
  const { engine, held } = heldEngine();
  /** What a reader would see go wrong, or never see: errors, refused scripts, dialogs, calls to other hosts. */
  const trouble: string[] = [];

  before(async function () {
    browser = await startBrowser();
    if (browser === undefined) {
      process.stderr.write("no browser on this machine: the page is not tested in one\n");
      this.skip();
    }
    place = await serviceFolder();
    const organization = exampleOrganization();
    organization.accounts = organization.accounts.map((account) =>
      account.id === "200000000001" ? { ...account, name: NASTY } : account,
    );
    service = await startTestService(place.config, { engine, organization });
    context = await browser.newContext({ baseURL: service.url });
    page = await context.newPage();
    page.on("console", (line) => {
      if (["error", "warning"].includes(line.type())) trouble.push(line.text());
    });
    page.on("pageerror", (error) => trouble.push(String(error)));
    page.on("dialog", (dialog) => {
      trouble.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(service.url) && !request.url().startsWith("data:")) {
        trouble.push(`asked ${request.url()}`);
      }
    });
  });
  after(async () => {
    await browser?.close();
    if (browser === undefined) return;
    await service.close();
    await place.remove();
  });
  afterEach(() => {
    expect(trouble.splice(0)).to.deep.equal([]);
  });

  async function signIn(role: "viewer" | "operator" | "approver"): Promise<void> {
    await context.clearCookies();
    await page.goto("/");
    const token = await readFile(service.tokenFiles[role], "utf8");
    await page.getByLabel("Token").fill(token.trim());
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  }

  async function startRun(): Promise<string> {
    const started = await call(service, "operator", "/v1/runs", {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": randomUUID() },
      body: JSON.stringify({ operation: "up", target: { accounts: ["100000000002"] } }),
    });
    expect(started.status).to.equal(202);
    return ((await started.json()) as { id: string }).id;
  }

  const firstAtWork = () => until("the engine's work", () => Promise.resolve([...held][0]));
  /** Lets whatever the run still has to do go by. */
  const finish = (id: string) =>
    until(`the end of ${id}`, async () => {
      for (const { end } of held) end();
      const answer = await call(service, "viewer", `/v1/runs/${id}`);
      return ((await answer.json()) as { endedAt?: string }).endedAt;
    });

  it("refuses a token that it does not know, and signs in with one that it does", async () => {
    await page.goto("/");
    expect(new URL(page.url()).pathname).to.equal("/login");
    await page.getByLabel("Token").fill("nobody's");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    // The browser tells of every answer that is an error.
    expect(trouble.splice(0).join()).to.match(/401/);
    await signIn("viewer");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.goto("/");
    expect(new URL(page.url()).pathname).to.equal("/login");
  });

  it("shows a name with markup as a text", async () => {
    await signIn("viewer");
    await page.getByText(NASTY).waitFor();
    expect(await page.locator("img, main script").count()).to.equal(0);
  });

  it("follows a run as it happens, and shows its end, without the reader's doing", async () => {
    await signIn("operator");
    const id = await startRun();
    await page.goto(`/runs/${id}`);
    const { tell, end } = await firstAtWork();
    const row = page.locator("tr[data-stamp]").filter({ hasText: "running" });
    await row.first().waitFor();
    tell({ type: "message", level: "info", text: `now ${NASTY}` });
    await page
      .locator("#log li")
      .filter({ hasText: `now ${NASTY}` })
      .waitFor();
    end();
    await finish(id);
    await page.locator('#status .badge[data-state="succeeded"]').waitFor();
  });

  it("cancels a run by its button", async () => {
    await signIn("operator");
    const id = await startRun();
    await page.goto(`/runs/${id}`);
    await page.getByRole("button", { name: "Cancel" }).click();
    await finish(id);
    // The page comes anew by itself when the run has ended, or came when it had.
    await page.locator('#status .badge[data-state="cancelled"]').waitFor();
  });

  it("can be read and used by everybody, as the rules of WCAG 2.2 that a machine can check say", async () => {
    await page.goto("/login");
    const found: string[] = [];
    const check = async (): Promise<void> => {
      // In a world of its own, which the page's content security policy does not bind.
      const source = await readFile(AXE, "utf8");
      const problems = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
        `(() => { ${source}; return axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) }))); })()`,
      );
      for (const { id, nodes } of problems) {
        found.push(
          `${new URL(page.url()).pathname}: ${id} ${nodes.map((node) => node.html).join(" ")}`,
        );
      }
    };
    await check();
    await signIn("approver");
    const id = await startRun();
    await finish(id);
    const addresses = ["/", `/runs/${id}`, "/stamps/member-100000000002", "/coverage", "/drills"];
    for (const address of addresses) {
      await page.goto(address);
      await check();
    }
    expect(found).to.deep.equal([]);
  });

  it("leads to its content by the keyboard", async () => {
    await signIn("viewer");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).to.equal("main");
  });
});
