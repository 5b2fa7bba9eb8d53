import type { DrillReport, RestoreItem, SecretCoverage } from "../../lambdas/model";
import type { Page, StampResult } from "../runs-ports";
import type { CoveredAccount, DrillSummary, FleetCoverage, SecretQuery } from "../vault-ports";
import { type Html, html } from "./html";
import { badge, duration, figures, moment, table } from "./layout";

const drillLink = (id: string): Html => html`<a href="/drills/${id}">${id}</a>`;
const secretsLink = (query: Readonly<Record<string, string>>, text: string): Html =>
  html`<a href="/secrets?${new URLSearchParams(query).toString()}">${text}</a>`;

/** Secrets that are not kept, listed in one cell; their own page has all. */
const MOST_UNCOVERED = 20;

/** How the fleet's secrets are kept, account by account. */
export function coveragePage(coverage: FleetCoverage): Html {
  const { percent, secrets, covered, missing, failed, members, reachable, accounts } = coverage;
  return html`<h1>Coverage</h1>
    ${figures([
      ["Kept", `${percent} %`],
      ["Secrets", `${covered} of ${secrets}`],
      ["Missing", missing],
      ["Failed", failed],
      ["Oldest change not kept", duration(coverage.oldestMissingSeconds)],
      ["Accounts looked at", `${reachable} of ${members}`],
    ])}
    <p>From the last sweep of each account. ${secretsLink({}, "Every secret by its name")}</p>
    <section>
      ${table(
        "Accounts",
        ["Account", "Name", "Environment", "State", "Kept", "Last sweep", "Why not"],
        accounts.map(coveredRow),
      )}
    </section>`;
}

function coveredRow(account: CoveredAccount): Html {
  const { accountId, name, environment, state, covered, secrets, sweptAt, reasons } = account;
  return html`<tr>
    <th scope="row">${secretsLink({ account: accountId }, accountId)}</th>
    <td>${name}</td>
    <td>${environment}</td>
    <td>${badge(state)}</td>
    <td>${covered} of ${secrets}</td>
    <td>${moment(sweptAt)}</td>
    <td>${reasons.map((reason) => html`<p>${reason}</p>`)}</td>
  </tr>`;
}

const STATES: readonly SecretCoverage["state"][] = [
  "covered",
  "missing",
  "failed",
  "kept-after-deletion",
];

/** Secrets by name, never a value. */
export function secretsPage(query: SecretQuery, { items, nextCursor }: Page<SecretCoverage>): Html {
  const { account, name, state } = query;
  const asked = {
    ...(account === undefined ? {} : { account }),
    ...(name === undefined ? {} : { name }),
  };
  const now = { ...asked, ...(state === undefined ? {} : { state }) };
  return html`<h1>Secrets${account !== undefined && html` of <code>${account}</code>`}</h1>
    <form method="get" action="/secrets" class="login">
      ${account !== undefined && html`<input type="hidden" name="account" value="${account}" />`}
      <label for="name">Name, or a pattern with * and ?</label>
      <input id="name" name="name" required value="${name ?? ""}" spellcheck="false" />
      <button type="submit">Search</button>
    </form>
    <p>
      Show: ${secretsLink(asked, "all")}
      ${STATES.map((one) => html` · ${secretsLink({ ...asked, state: one }, one)}`)}
    </p>
    <section>
      ${
        items.length === 0
          ? html`<p>None.</p>`
          : table(
              "Secrets",
              ["Account", "Region", "Secret", "State", "Versions kept", "Newest backup", "Why not"],
              items.map(secretRow),
            )
      }
      ${
        nextCursor !== undefined &&
        html`<p>
          ${secretsLink({ ...now, limit: String(query.limit), cursor: nextCursor }, "Next page")}
        </p>`
      }
    </section>`;
}

function secretRow(secret: SecretCoverage): Html {
  const { accountId, region, name, state, kept, versions, newestBackupAt, reason } = secret;
  return html`<tr>
    <td><code>${accountId}</code></td>
    <td>${region}</td>
    <th scope="row"><code>${name}</code></th>
    <td>${badge(state)}</td>
    <td>${versions === 0 ? kept : html`${kept} of ${versions}`}</td>
    <td>${moment(newestBackupAt)}</td>
    <td>${reason}</td>
  </tr>`;
}

const result = (passed: boolean): Html => badge(passed ? "passed" : "failed");

/** The drills, newest first. */
export function drillsPage(drills: readonly DrillSummary[]): Html {
  return html`<h1>Drills</h1>
    ${
      drills.length === 0
        ? html`<p>No drill yet. Hold one with <code>strongroom drill --reason …</code>.</p>`
        : table(
            "Drills",
            ["Drill", "Started", "Result", "Restored", "Recovery time", "Recovery point"],
            drills.map(drillRow),
          )
    }`;
}

function drillRow(drill: DrillSummary): Html {
  const { drillId, startedAt, passed, restored, rtoSeconds, rpoSeconds, targets } = drill;
  return html`<tr>
    <th scope="row">${drillLink(drillId)}</th>
    <td>${moment(startedAt)}</td>
    <td>${result(passed)}</td>
    <td>${restored}</td>
    <td>${measured(rtoSeconds, targets.rtoSeconds)}</td>
    <td>${measured(rpoSeconds, targets.rpoSeconds)}</td>
  </tr>`;
}

const measured = (seconds: number, target: number): string =>
  `${seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds)} of ${duration(target)}`;

/** The whole report of one drill. */
export function drillPage(report: DrillReport): Html {
  const { rtoSeconds, rpoSeconds, targets, accounts, refusals, problems } = report;
  return html`<h1>Drill <code>${report.drillId}</code></h1>
    <p>${result(report.passed)} Started ${moment(report.startedAt)}.</p>
    ${figures([
      ["Restored", report.restored],
      ["Recovery time", measured(rtoSeconds, targets.rtoSeconds)],
      ["Recovery point", measured(rpoSeconds, targets.rpoSeconds)],
      [
        "Forbidden calls refused",
        `${refusals.filter(({ refused }) => refused).length} of ${refusals.length}`,
      ],
    ])}
    ${
      problems.length > 0 &&
      html`<div class="problem" role="note">
        <ul>
          ${problems.map((problem) => html`<li>${problem}</li>`)}
        </ul>
      </div>`
    }
    <section>
      ${table("Accounts", ["Account", "From", "Equal", "Time", "Problems"], accounts.map(drilledRow))}
      ${table("Calls that must be refused", ["Role", "Call", "Refused"], refusals.map(refusalRow))}
    </section>`;
}

function drilledRow(account: DrillReport["accounts"][number]): Html {
  const { accountId, from, equal, restored, seconds, problems } = account;
  return html`<tr>
    <th scope="row"><code>${accountId}</code></th>
    <td>${from}</td>
    <td>${equal} of ${restored}</td>
    <td>${seconds.toFixed(1)} s</td>
    <td>${problems.map((problem) => html`<p>${problem}</p>`)}</td>
  </tr>`;
}

function refusalRow({ role, call, refused }: DrillReport["refusals"][number]): Html {
  return html`<tr>
    <td>${role}</td>
    <th scope="row">${call}</th>
    <td>${badge(refused ? "refused" : "allowed")}</td>
  </tr>`;
}

/** What a run's result says about the keeping of an account's secrets, for its cell. */
export function keptDetail({ coverage, drill }: StampResult): Html | undefined {
  if (coverage !== undefined) {
    const { uncovered } = coverage;
    const more = uncovered.length - MOST_UNCOVERED;
    return html`<p>${coverage.covered} of ${coverage.secrets} secrets kept</p>
      ${uncovered
        .slice(0, MOST_UNCOVERED)
        .map(
          ({ name, region, state, reason }) =>
            html`<p>${badge(state)} <code>${name}</code> (${region}) ${reason}</p>`,
        )}
      ${more > 0 && html`<p>and ${more} more</p>`}`;
  }
  return drill === undefined
    ? undefined
    : html`<p>${result(drill.passed)} ${drillLink(drill.drillId)}</p>`;
}

/** What a restore would write, or wrote: all of it, as whoever approves it must see it. */
export function restoreTable(stamps: readonly StampResult[], planned: boolean): Html | undefined {
  const items = stamps.flatMap(({ restore }) => restore?.items ?? []);
  if (items.length === 0) return undefined;
  return table(
    planned ? `What would be written (${items.length})` : `What was restored (${items.length})`,
    ["Secret", "To", "Action", "Version", "As of", "Note"],
    items.map(restoreRow),
  );
}

function restoreRow(item: RestoreItem): Html {
  const { from, to, action, versionId, changedAt, cancelsDeletion, reason, verified, error } = item;
  const notes = [
    cancelsDeletion ? "cancels its deletion" : undefined,
    reason,
    error === undefined ? undefined : `${error.code} ${error.message}`,
  ].filter((note) => note !== undefined);
  return html`<tr>
    <th scope="row">
      <code>${from.name}</code> <span class="quiet">${from.accountId} ${from.region}</span>
    </th>
    <td><code>${to.name}</code> <span class="quiet">${to.accountId} ${to.region}</span></td>
    <td>${badge(action)} ${verified === true && badge("verified")}</td>
    <td><code>${versionId}</code></td>
    <td>${moment(changedAt)}</td>
    <td>${notes.map((note) => html`<p>${note}</p>`)}</td>
  </tr>`;
}
