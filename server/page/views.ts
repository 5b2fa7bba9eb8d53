import type { ErrorRecord } from "../../stacks/errors";
import { TERMINAL_STATUSES } from "../runs-ports";
import type {
  AccountView,
  FleetService,
  RunEvent,
  RunListItem,
  RunRecord,
  StampResult,
  StampState,
  StampView,
} from "../runs-ports";
import { type Html, html } from "./html";
import { badge, duration, type Figure, figures, moment, table } from "./layout";
import { changesView, holdView } from "./plan-views";
import { keptDetail, restoreTable } from "./vault-views";

type Accounts = Awaited<ReturnType<FleetService["accounts"]>>;

const stampLink = (stamp: string): Html => html`<a href="/stamps/${stamp}">${stamp}</a>`;
const runLink = (id: string): Html => html`<a href="/runs/${id}">${id}</a>`;

/** What an error says and what to do about it. */
export function problem(error: ErrorRecord): Html {
  return html`<div class="problem" role="note">
    <strong>${error.code}</strong> ${error.message}
    ${error.action !== undefined && html`<p>${error.action}</p>`}
    ${
      error.problems !== undefined &&
      html`<ul>
        ${error.problems.map(
          ({ message, line, column }) =>
            html`<li>
              ${line !== undefined && html`line ${line}${column !== undefined && html`:${column}`}: `}${message}
            </li>`,
        )}
      </ul>`
    }
  </div>`;
}

/** The state of a stamp in one word. */
function stateOf(stamp: StampState): string {
  if (stamp.lastStatus === "running" || stamp.lastStatus === "waiting") return stamp.lastStatus;
  if (stamp.lastStatus === "failed") return "failed";
  if (stamp.drifted === true) return "drifted";
  if (stamp.stampedAt !== undefined) return "stamped";
  return "not-stamped";
}

function accountRow(account: AccountView): Html {
  return html`<tr>
    <th scope="row"><code>${account.id}</code></th>
    <td>
      ${account.name}${account.isManagementAccount && html` <span class="quiet">(management)</span>`}
    </td>
    <td>${account.organizationalUnitPath.join(" / ")}</td>
    <td>${account.environment}</td>
    <td>
      ${
        account.selected
          ? account.stamps.length === 0 && html`<span class="quiet">no stamps</span>`
          : html`${badge(account.status === "ACTIVE" ? "left-out" : account.status.toLowerCase())}
              <span class="quiet">${account.reason}</span>`
      }
      <ul class="stamps">
        ${account.stamps.map(
          (stamp) => html`<li>${stampLink(stamp.stamp)} ${badge(stateOf(stamp))}</li>`,
        )}
      </ul>
    </td>
  </tr>`;
}

function runRow(run: RunListItem): Html {
  return html`<tr>
    <th scope="row">${runLink(run.id)}</th>
    <td>${run.operation}</td>
    <td>${badge(run.status)}</td>
    <td>${moment(run.createdAt)}</td>
    <td>${run.requestedBy}</td>
    <td>
      ${
        run.summary !== undefined &&
        [
          `${run.summary.stamped} stamped, ${run.summary.skipped} skipped, ${run.summary.failed} failed`,
          ...(run.summary.undetermined === 0 ? [] : [`${run.summary.undetermined} undetermined`]),
          ...(run.summary.exempt === 0 ? [] : [`${run.summary.exempt} exempt`]),
        ].join(", ")
      }
    </td>
  </tr>`;
}

/** The first page: what the organization is, how its accounts are, what ran last. */
export function overview(accounts: Accounts | ErrorRecord, runs: readonly RunListItem[]): Html {
  return html`<h1>Overview</h1>
    ${"items" in accounts ? organizationPart(accounts) : problem(accounts)}
    <section>
      ${
        runs.length === 0
          ? html`<h2>Runs</h2>
              <p>No run yet. Start one with <code>strongroom up</code>.</p>`
          : table(
              "Last runs",
              ["Run", "Operation", "Status", "Asked for", "By", "Accounts"],
              runs.map(runRow),
            )
      }
    </section>`;
}

function organizationPart(accounts: Accounts): Html {
  const stamps = accounts.items.flatMap((account) => (account.selected ? account.stamps : []));
  const count = (state: string): number =>
    stamps.filter((stamp) => stateOf(stamp) === state).length;
  const numbers: readonly Figure[] = [
    ["Organization", accounts.organizationId],
    ["Accounts", accounts.items.length],
    ["Selected", accounts.items.filter(({ selected }) => selected).length],
    ["Stamps made", `${count("stamped")} of ${stamps.length}`],
    ["Failed", count("failed")],
    ["Drifted", count("drifted")],
    ["List read", `${duration(accounts.ageSeconds)} ago`],
  ];
  return html`${figures(numbers)}
    <section>
      ${table("Accounts", ["Account", "Name", "Units", "Environment", "Stamps"], accounts.items.map(accountRow))}
    </section>`;
}

function changed({ counts }: StampResult): Html | undefined {
  if (counts === undefined) return undefined;
  const parts = (["create", "update", "replace", "delete"] as const)
    .filter((name) => counts[name] > 0)
    .map((name) => `${counts[name]} ${name}`);
  return html`${parts.length === 0 ? "no change" : parts.join(", ")}`;
}

/** The row of a stamp in a run; the script updates its cells by `data-stamp`. */
function resultRow(result: StampResult): Html {
  return html`<tr data-stamp="${result.stamp}">
    <th scope="row">${stampLink(result.stamp)}</th>
    <td data-cell="status">${badge(result.unchanged === true ? "unchanged" : result.status)}</td>
    <td data-cell="changes">${changed(result)}</td>
    <td>${result.seconds !== undefined && duration(result.seconds)}</td>
    <td data-cell="detail">
      ${result.violations?.map(
        (violation) =>
          html`<p>
            <strong>${violation.rule}</strong> ${badge(violation.level)}
            ${violation.verdict !== undefined && violation.verdict !== "fail" && badge(violation.verdict)}
            ${violation.message}
          </p>`,
      )}
      ${keptDetail(result)} ${result.error !== undefined && problem(result.error)}
    </td>
  </tr>`;
}

/** One run; while it goes on, the script keeps it up to date. */
export function runPage(
  run: RunRecord,
  events: readonly RunEvent[],
  viewer: { readonly subject: string; readonly mayCancel: boolean; readonly mayApprove: boolean },
): Html {
  const ended = (TERMINAL_STATUSES as readonly string[]).includes(run.status);
  const skipped = run.accounts.filter(({ status }) => status === "skipped");
  return html`<h1>Run <code>${run.id}</code></h1>
    <p>
      ${run.operation}, asked for by ${run.requestedBy} at ${moment(run.createdAt)}
      <span id="status" aria-live="polite">${badge(run.status)}</span>
    </p>
    ${run.error !== undefined && problem(run.error)}
    ${
      !ended &&
      viewer.mayCancel &&
      html`<form method="post" action="/runs/${run.id}/cancel">
        <button type="submit">Cancel the run</button>
      </form>`
    }
    ${run.hold !== undefined && !ended && holdView(run, run.hold, viewer)} ${changesView(run)}
    ${
      run.summary !== undefined &&
      figures(
        Object.entries(run.summary).map(([name, value]) => [name, Math.round(value * 10) / 10]),
      )
    }
    <section
      id="run"
      data-events="${ended ? "" : `/v1/runs/${run.id}/events?after=${events.at(-1)?.seq ?? 0}`}"
    >
      ${table("Stamps", ["Stamp", "Status", "Changes", "Time", "Detail"], run.stamps.map(resultRow))}
    </section>
    <section>${restoreTable(run.stamps, run.restore?.order !== "write")}</section>
    ${
      skipped.length > 0 &&
      html`<section>
        ${table(
          "Accounts left out",
          ["Account", "Name", "Reason"],
          skipped.map(
            ({ accountId, name, reason }) =>
              html`<tr>
                <th scope="row"><code>${accountId}</code></th>
                <td>${name}</td>
                <td>${reason}</td>
              </tr>`,
          ),
        )}
      </section>`
    }
    <section>
      <h2>What happened</h2>
      <ol id="log" class="log" tabindex="0" aria-label="Events">
        ${events.map((event) => html`<li>${eventLine(event)}</li>`)}
      </ol>
    </section>`;
}

/** An event in one line; `live.js` writes new ones the same way. */
function eventLine(event: RunEvent): string {
  const { text, urn, status } = event.data;
  const detail = [text, urn, status].filter((part) => typeof part === "string").join(" ");
  return [event.at.slice(11, 19), event.type, event.stamp, detail].filter(Boolean).join(" ");
}

/** One stamp: its state, outputs and resources. */
export function stampPage(stamp: StampView): Html {
  const outputs = Object.entries(stamp.outputs);
  return html`<h1>Stamp <code>${stamp.stamp}</code></h1>
    <p>
      ${badge(stateOf(stamp))} Last stamped: ${moment(stamp.stampedAt)}.
      ${stamp.lastRunId !== undefined && html`Last run: ${runLink(stamp.lastRunId)}.`}
    </p>
    ${stamp.error !== undefined && problem(stamp.error)}
    <section>
      ${
        outputs.length === 0
          ? html`<h2>Outputs</h2>
              <p>None.</p>`
          : table(
              "Outputs",
              ["Name", "Value"],
              outputs.map(
                ([name, value]) =>
                  html`<tr>
                    <th scope="row">${name}</th>
                    <td>
                      <code>${typeof value === "string" ? value : JSON.stringify(value)}</code>
                    </td>
                  </tr>`,
              ),
            )
      }
    </section>
    <section>
      ${
        stamp.resources.length === 0
          ? html`<h2>Resources</h2>
              <p>None.</p>`
          : table(
              `Resources (${stamp.resources.length})`,
              ["Type", "Name", "Id", "Protected"],
              stamp.resources.map(
                ({ type, name, id, protect }) =>
                  html`<tr>
                    <th scope="row">${type}</th>
                    <td>${name}</td>
                    <td><code>${id}</code></td>
                    <td>${protect ? "yes" : ""}</td>
                  </tr>`,
              ),
            )
      }
    </section>`;
}

/** The sign-in form. */
export function loginPage(wrong: boolean): Html {
  return html`<h1>Sign in</h1>
    ${wrong && html`<p class="problem" role="alert">That token is not known.</p>`}
    <form method="post" action="/login" class="login">
      <label for="token">Token</label>
      <input
        id="token"
        name="token"
        type="password"
        required
        autocomplete="current-password"
        spellcheck="false"
        autofocus
      />
      <button type="submit">Sign in</button>
    </form>
    <p class="quiet">
      <code>strongroom tokens create</code> makes one for each person. The service keeps one per
      role in its state folder: <code>token-viewer</code>, <code>token-operator</code>,
      <code>token-approver</code> and <code>token-admin</code>.
    </p>`;
}
