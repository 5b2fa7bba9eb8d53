import type { ChangeGroup } from "../../stacks/change-groups";
import { accountIdsOf, changeGroups, type PreciousGroup, preciousGroups } from "../report/groups";
import { describeDeciders } from "../runs/deciders";
import type { Hold, RunRecord } from "../runs-ports";
import { type Html, html } from "./html";
import { table } from "./layout";

/** Accounts that are named of a group; the stamps below have them all. */
const MOST_ACCOUNTS = 20;

function accountsOf(ids: readonly string[]): Html {
  const more = ids.length - MOST_ACCOUNTS;
  return html`${ids.slice(0, MOST_ACCOUNTS).map((id) => html`<code>${id}</code> `)}${
    more > 0 && html`and ${more} more`
  }`;
}

const properties = (names: readonly string[]): string => names.join(", ");

function preciousRow({ operation, kind, name, properties: names, stamps }: PreciousGroup): Html {
  const ids = accountIdsOf(stamps);
  return html`<tr>
    <th scope="row">${operation} ${kind} <code>${name}</code></th>
    <td>${properties(names)}</td>
    <td>${ids.length}</td>
    <td>${accountsOf(ids)}</td>
  </tr>`;
}

function groupRow({
  accountIds,
  summary,
  changes,
}: ChangeGroup & { readonly summary: string }): Html {
  return html`<tr>
    <th scope="row">${accountIds.length}</th>
    <td>
      <details>
        <summary>${summary}</summary>
        <ul>
          ${changes.map(
            (change) =>
              html`<li>
                ${change.operation} <code>${change.type}</code> ${change.name}
                ${change.properties.length > 0 && html`(${properties(change.properties)})`}
              </li>`,
          )}
        </ul>
      </details>
    </td>
    <td>${accountsOf(accountIds)}</td>
  </tr>`;
}

/** What changes, or would: what cannot be had back on top, then accounts with the same changes together. */
export function changesView({ stamps }: Pick<RunRecord, "stamps">): Html {
  const precious = preciousGroups(stamps);
  const groups = changeGroups(stamps);
  return html`${
    precious.length > 0 &&
    html`<section class="problem">
      ${table(
        "Keys, secrets and buckets that are deleted or replaced",
        ["What", "Because of", "Accounts", "Which"],
        precious.map(preciousRow),
      )}
    </section>`
  }${
    groups.length > 0 &&
    html`<section>
      ${table("Changes", ["Accounts", "What", "Which"], groups.map(groupRow))}
    </section>`
  }`;
}

/** What a run waits for, and how it goes on: a form for who may approve, the command for everybody else. */
export function holdView(
  { id, requestedBy }: Pick<RunRecord, "id" | "requestedBy">,
  hold: Hold,
  viewer: { readonly subject: string; readonly mayApprove: boolean },
): Html {
  const { kind, wave, until, digest = "", preciousAccounts = 0 } = hold;
  const after = wave === undefined ? "" : ` after the wave ${wave}`;
  if (kind === "pause") return html`<p class="problem">Paused${after} until ${until}.</p>`;
  const precious = kind === "plan" ? preciousAccounts : 0;
  const decided =
    (hold.twoPerson === true && viewer.subject === requestedBy) ||
    hold.approvedBy?.includes(viewer.subject) === true;
  return html`<div class="problem">
    <p>Waits for an approval${kind === "plan" ? " of its plan" : after}.</p>
    ${describeDeciders(requestedBy, hold).map((sentence) => html`<p>${sentence}</p>`)}
    ${
      precious > 0 &&
      html`<p>A key, a secret or a bucket would be deleted or replaced in ${precious} accounts.</p>`
    }
    ${
      viewer.mayApprove && !decided
        ? approvalForm(id, digest, precious)
        : html`<p>
            <code
              >strongroom approve ${id} --digest
              ${digest}${precious > 0 && html` --precious-accounts ${precious}`} --reason …</code
            >
          </p>`
    }
  </div>`;
}

/** The digest is of the plan that this page shows; of another one the approval is refused. */
function approvalForm(id: string, digest: string, precious: number): Html {
  return html`<form method="post" action="/runs/${id}/approve" class="login">
    <input type="hidden" name="digest" value="${digest}" />
    ${
      precious > 0 &&
      html`<label for="precious">In how many accounts may they be deleted or replaced?</label>
        <input
          id="precious"
          name="preciousAccounts"
          inputmode="numeric"
          pattern="[0-9]{1,6}"
          autocomplete="off"
          required
        />`
    }
    <label for="reason">Why (kept in the audit log)</label>
    <input id="reason" name="reason" required maxlength="1000" autocomplete="off" />
    <button type="submit">Approve</button>
    <p class="quiet">Plan <code>${digest}</code></p>
  </form>`;
}
