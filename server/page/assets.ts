/** The style sheet. System fonts and colours; light and dark by the reader's own setting. */
export const PAGE_CSS = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1a1d21, #e6e8eb);
  --quiet: light-dark(#59616b, #9aa4b0);
  --ground: light-dark(#ffffff, #14171a);
  --raised: light-dark(#f4f6f8, #1d2126);
  --line: light-dark(#d5dae0, #353b43);
  --accent: light-dark(#0b57b8, #7db4ff);
  --good: light-dark(#14683a, #67d494);
  --bad: light-dark(#a81e1e, #ff9088);
  --warn: light-dark(#7a5200, #f0c165);
}
* { box-sizing: border-box; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
header { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: center; padding: 0.75rem 1.5rem; background: var(--raised); border-bottom: 1px solid var(--line); }
header nav { display: flex; gap: 1rem; flex: 1; }
header form { display: flex; gap: 0.75rem; align-items: center; color: var(--quiet); }
.brand { font-weight: 650; color: var(--ink); text-decoration: none; }
main { max-width: 84rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
main:focus { outline: none; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0.75rem 0; }
h2 { font-size: 1.15rem; margin: 1.5rem 0 0.5rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
code { font: 0.92em ui-monospace, monospace; overflow-wrap: anywhere; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--ground); padding: 0.5rem; }
.quiet { color: var(--quiet); }
.figures { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1rem 0; }
.figures div { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 0.5rem 0.9rem; }
.figures dt { color: var(--quiet); font-size: 0.85em; }
.figures dd { margin: 0; font-weight: 600; }
.scroll { overflow-x: auto; margin-top: 1.5rem; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-size: 1.15rem; font-weight: 650; padding-bottom: 0.4rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--line); font-weight: normal; overflow-wrap: anywhere; }
thead th { color: var(--quiet); font-size: 0.85em; white-space: nowrap; }
td p { margin: 0 0 0.3rem; }
.stamps { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; }
.badge { display: inline-block; font-size: 0.82em; padding: 0 0.5em; border: 1px solid currentColor; border-radius: 1em; color: var(--quiet); white-space: nowrap; }
.badge[data-state="stamped"], .badge[data-state="succeeded"], .badge[data-state="covered"], .badge[data-state="passed"], .badge[data-state="verified"], .badge[data-state="refused"] { color: var(--good); }
.badge[data-state="failed"], .badge[data-state="incomplete"], .badge[data-state="missing"], .badge[data-state="unreachable"], .badge[data-state="refuse"], .badge[data-state="allowed"], .badge[data-state="mandatory"], .badge[data-state="needs_attention"] { color: var(--bad); }
.badge[data-state="drifted"], .badge[data-state="suspended"], .badge[data-state="advisory"], .badge[data-state="cancelled"], .badge[data-state="waiting_for_approval"], .badge[data-state="paused"] { color: var(--warn); }
.badge[data-state="running"] { color: var(--accent); }
.problem { border-left: 4px solid var(--bad); background: var(--raised); padding: 0.5rem 0.9rem; margin: 0.5rem 0; }
.problem p, .problem ul { margin: 0.25rem 0 0; }
.log { max-height: 26rem; overflow: auto; padding: 0.5rem 0.5rem 0.5rem 3.5rem; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; font: 0.87em/1.5 ui-monospace, monospace; }
button { font: inherit; padding: 0.3rem 0.9rem; border: 1px solid var(--line); border-radius: 6px; background: var(--ground); color: var(--ink); cursor: pointer; }
input { font: inherit; padding: 0.35rem 0.6rem; border: 1px solid var(--quiet); border-radius: 6px; background: var(--ground); color: var(--ink); width: min(32rem, 100%); }
.login { display: grid; gap: 0.5rem; justify-items: start; }
@media (prefers-reduced-motion: no-preference) { .badge { transition: color 0.2s; } }
`;

/** The script of a run's page: follows the events and writes text only, never markup. */
export const LIVE_JS = `"use strict";
(() => {
  const run = document.getElementById("run");
  const log = document.getElementById("log");
  if (!run || !log || !run.dataset.events) return;
  const MAX_LINES = 2000;

  const badge = (cell, state) => {
    const span = document.createElement("span");
    span.className = "badge";
    span.dataset.state = state;
    span.textContent = state.replace(/[-_]/g, " ");
    cell.replaceChildren(span);
  };
  const row = (stamp) =>
    [...run.querySelectorAll("tr[data-stamp]")].find((tr) => tr.dataset.stamp === stamp);
  const line = (event) => {
    const { text, urn, status } = event.data;
    const detail = [text, urn, status].filter((part) => typeof part === "string").join(" ");
    return [event.at.slice(11, 19), event.type, event.stamp, detail].filter(Boolean).join(" ");
  };

  const source = new EventSource(run.dataset.events);
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    const item = document.createElement("li");
    item.textContent = line(event);
    log.append(item);
    if (log.childElementCount > MAX_LINES) log.firstElementChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
    const cell = event.stamp && row(event.stamp)?.querySelector('[data-cell="status"]');
    if (cell && event.type === "stamp.started") badge(cell, "running");
    if (cell && event.type === "stamp.ended") badge(cell, event.data.unchanged ? "unchanged" : String(event.data.status ?? "ended"));
    if (event.type === "run.held") location.reload();
    if (cell && event.type === "stamp.planned") badge(cell, "waiting");
    // Others have to approve as well: the page as the service writes it says who is missing.
    if (event.type === "run.approved" && event.data.missing) return location.reload();
    if (event.type === "run.started" || event.type === "run.approved" || event.type === "run.resumed") badge(document.getElementById("status"), "running");
  };
  // The page as the service writes it has the summary, the reasons and no script at work.
  source.addEventListener("end", () => {
    source.close();
    location.reload();
  });
})();
`;
