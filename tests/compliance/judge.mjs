// Many changed bundles before one verifier: node judge.mjs FOLDER < changes. A line of JSON for each bundle on both sides.
import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { check, load } = await import(pathToFileURL(join(process.argv[2], "verify.mjs")));
const whole = load(process.argv[2]);
for await (const line of createInterface({ input: process.stdin })) {
  const files = new Map(whole);
  for (const [path, data] of Object.entries(JSON.parse(line))) data === null ? files.delete(path) : files.set(path, Buffer.from(data, "base64"));
  let said = "sound";
  try { check(files); } catch (error) { said = error?.constructor?.name === "Fault" ? error.message : `CRASH ${error}`; }
  console.log(JSON.stringify(said));
}
