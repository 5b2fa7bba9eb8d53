import type { Hold } from "../runs-ports";

/** Who may let a run go on, and who is still missing, one sentence each; none where any one approver may. */
export function describeDeciders(requestedBy: string, hold: Hold): readonly string[] {
  const { twoPerson, approvers = 1, approvedBy = [] } = hold;
  return [
    ...(twoPerson === true ? [`${requestedBy} asked for it and cannot approve it.`] : []),
    ...(approvers > 1 ? [`${approvers} different persons have to approve.`] : []),
    ...(approvedBy.length > 0 ? [`Approved so far by ${approvedBy.join(", ")}.`] : []),
  ];
}
