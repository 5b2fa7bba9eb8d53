/** How many resources a command said it changed. Pure. */

/** From the output of `terraform apply`; undefined where it does not say. */
export function terraformChanges(output: string): number | undefined {
  const said = /Resources: (\d+) added, (\d+) changed, (\d+) destroyed/.exec(output);
  if (said === null) return undefined;
  return said.slice(1).reduce((sum, count) => sum + Number(count), 0);
}

/** From the output of `pulumi up`, components counted as the CLI counts them; undefined where it does not say. */
export function pulumiChanges(output: string): number | undefined {
  // The preview has a summary too; it comes first and says "to create".
  const at = output.lastIndexOf("Resources:\n");
  if (at < 0) return undefined;
  const counts = output.slice(at).matchAll(/(\d+) (?:created|updated|replaced|deleted)\b/g);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
