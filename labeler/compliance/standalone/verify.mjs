// Checks the folder of a compliance report on a machine without the product: node verify.mjs [FOLDER] [KEYS.json]
// Needs Node 18 or newer and nothing else. Exit code 0: all is as it was made; 1: it is not, and the first fault is named.
// KEYS.json is the installation's /.well-known/labeler-keys.json, got by another way than the folder: without it the
// folder's own list of keys is believed, and only shows that nothing was changed since it was signed.
import { createHash, createHmac, createPublicKey, verify } from "node:crypto";
import { readFileSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const PLATFORM = "00000000-0000-0000-0000-000000000000", NS = "urn:labeler:oscal:1";
class Fault extends Error {} // what was found; any other error is a shape that nothing here reckoned with
const fail = (file, why) => { throw new Fault(`${file}: ${why}`); };
const need = (holds, file, why) => holds || fail(file, why);
const sha = (...parts) => parts.reduce((made, part) => made.update(part), createHash("sha256")).digest();
const hex = (data) => sha(data).toString("hex");
const bytes = (text) => (/^([0-9a-f]{2})*$/.test(text) ? Buffer.from(text, "hex") : fail("hexadecimal", "it is not written so"));
const text = (data, file) => { try { return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data); } catch { return fail(file, "it is no text"); } };
const json = (data, file) => { try { return JSON.parse(text(data, file)); } catch { return fail(file, "it is no JSON"); } };

export function load(root, below = "", files = new Map()) {
  for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
    const name = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory()) load(root, name, files);
    else if (entry.isFile()) files.set(name, readFileSync(join(root, name)));
    else fail(name, "it is no plain file");
  }
  return files;
}

// RFC 9162: the root over leaves, and the root that a path leads to.
const leafHash = (data) => sha(Buffer.of(0), data), pair = (left, right) => sha(Buffer.of(1), left, right);
class Tree {
  size = 0; peaks = [];
  add(leaf) { let above = leaf; for (let n = this.size; n & 1; n = Math.floor(n / 2)) above = pair(this.peaks.pop(), above); this.peaks.push(above); this.size++; }
  root() { return this.peaks.length ? this.peaks.reduceRight((above, peak) => pair(peak, above)) : sha(""); }
}
function rootBy(leaf, index, size, path) {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) return null;
  let place = index, last = size - 1, above = leaf;
  for (const each of path) {
    if (last === 0) return null;
    if (place % 2 || place === last) {
      above = pair(each, above);
      while (!(place % 2) && place) { place = Math.floor(place / 2); last = Math.floor(last / 2); }
    } else above = pair(above, each);
    place = Math.floor(place / 2); last = Math.floor(last / 2);
  }
  return last === 0 ? above : null;
}

const ours = (part) => (part.props ?? []).filter((each) => each.ns === NS);
const one = (part, name) => ours(part).find((each) => each.name === name)?.value ?? "";
const FACTS = ["vendor", "vendor-name", "period", "standard", "standard-digest", "profile", "profile-digest", "profile-source", "parameters", "number", "k", "meets", "assurance", "headcount", "entries", "vendor-size", "platform-size", "checkpoint-digest", "erased"];
const SOURCES = {
  standard: "the standard's own numbers, as they are published",
  record: "a buyer's numbers, which the record has; none is looser than the standard's",
  asker: "numbers that whoever asked for this report gave; the record does not have them, and no buyer is known to stand behind them; none is looser than the standard's",
};

function read(report) { // every figure by its place, and each test with its numbers
  const told = report["assessment-results"], result = told.results[0], figures = new Map(), tests = [];
  const facts = Object.fromEntries(FACTS.map((name) => [name, one(result, name)]));
  for (const name of FACTS) { need(facts[name], "report.json", `it does not say ${name}`); figures.set(`fact/${name}`, facts[name]); }
  const counts = { satisfied: 0, "not-satisfied": 0, "not-tested": 0, idle: 0 }, broken = [];
  for (const each of result.findings) {
    const control = one(each, "control"), ended = one(each, "result");
    figures.set(`${control}/result`, ended); counts[ended]++;
    if (ended === "not-satisfied") broken.push(control);
    if (ended === "not-tested" && one(each, "idle") === "yes") { figures.set(`${control}/idle`, "yes"); counts.idle++; }
  }
  for (const [name, number] of Object.entries(counts)) figures.set(`count/${name}`, String(number));
  const system = ours(result).filter((each) => each.name === "system").map((each) => [each.group, each.class, each.value]);
  for (const [group, name, value] of system) figures.set(`system/${group}/${name}`, value);
  const tell = (at, part, names) => names.forEach((name) => one(part, name) && figures.set(`${at}/${name}`, one(part, name)));
  const risks = (result.risks ?? []).filter((each) => !one(each, "deviation"));
  for (const each of risks) if (one(each, "finding")) tell(`remedy/${one(each, "finding")}`, each, ["severity", "due-on", "remedy-on", "state", "overdue"]);
  for (const each of result.observations.filter((one) => one.methods[0] !== "TEST")) {
    const at = `${one(each, "control")}/${each.methods[0] === "EXAMINE" ? "attestation" : "said"}`;
    tell(at, each, at.endsWith("/said") ? ["confirm", "contest"] : ["signer", "dated", "document-digest"]);
    if (each.expires) figures.set(`${at}/expires`, each.expires.slice(0, 10));
    if (one(each, "withdrawn")) figures.set(`${at}/withdrawn`, one(each, "withdrawn").slice(0, 10));
  }
  for (const each of result.observations.filter((one) => one.methods[0] === "TEST")) {
    const test = Object.fromEntries(["control", "rule", "result", "population", "people", "exceptions", "affected"].map((name) => [name, one(each, name)]));
    test.digest = one(each, "evidence-digest"); test.figures = [];
    const at = `${test.control}/${test.rule}`;
    for (const name of ["result", "population", "people", "exceptions", "affected", "digest"]) figures.set(`${at}/${name}`, test[name]);
    for (const each_ of ours(each)) {
      if (each_.name === "figure") test.figures.push({ name: each_.value });
      if (each_.name === "numerator") { test.figures.at(-1).value = each_.value; figures.set(`${at}/${test.figures.length}`, each_.value); }
    }
    tests.push(test);
  }
  const files = told["back-matter"].resources.filter((each) => each.rlinks).map((each) => [each.rlinks[0].href, each.rlinks[0].hashes[0].value]);
  return { id: told.uuid, facts, figures, tests, files, system, broken, risks: risks.filter((each) => broken.includes(one(each, "control"))), controls: result.findings.length };
}

function table(data, file) { // CSV as RFC 4180 has it
  const lines = [[]]; let cell = "", quoted = false;
  const said = text(data, file);
  for (let at = 0; at < said.length; at++) {
    const letter = said[at];
    if (quoted) { if (letter !== '"') cell += letter; else if (said[at + 1] === '"') { cell += '"'; at++; } else quoted = false; }
    else if (letter === '"') quoted = true;
    else if (letter === ",") { lines.at(-1).push(cell); cell = ""; }
    else if (letter === "\r" && said[at + 1] === "\n") { lines.at(-1).push(cell); cell = ""; lines.push([]); at++; }
    else cell += letter;
  }
  need(!quoted && cell === "" && lines.pop().length === 0, file, "it is no table");
  return lines;
}

const unescape = (said) => said.replace(/&(lt|gt|#34|#39|quot|amp);/g, (_, name) => ({ lt: "<", gt: ">", "#34": '"', "#39": "'", quot: '"', amp: "&" })[name]);
const safe = (cell) => (/^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell);

function audited(files, keys, facts, seen, digest, root) { // audit.json beside a report: signed, and of this report; null where there is none
  if (!files.has("audit.json") && !files.has("audit.dsse.json")) return null;
  const data = files.get("audit.json") ?? fail("audit.json", "it is missing");
  const told = json(files.get("audit.dsse.json") ?? fail("audit.dsse.json", "it is missing"), "audit.dsse.json"), type = "application/vnd.labeler.audit-pack+json";
  need(told.payloadType === type && told.payload === data.toString("base64"), "audit.dsse.json", "it is the signature of something else");
  const made = told.signatures?.length === 1 ? told.signatures[0] : fail("audit.dsse.json", "it is not one signature");
  const key = keys.find((each) => each.purpose === "report" && each.key_id === made.keyid && each.distrusted === null) ?? fail("audit.dsse.json", "it was not made by a key on the list that signs reports");
  const own = createPublicKey(key.public_key);
  need(hex(own.export({ type: "spki", format: "der" })) === key.key_id, "keys.json", "a key is not the one that its fingerprint names");
  need(verify(null, Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${data.length} `), data]), own, Buffer.from(made.sig, "base64")), "audit.json", "it is not what was signed");
  const audit = json(data, "audit.json"), { record } = audit;
  need(audit.report_sha256 === digest, "audit.json", "it is of another report than report.json");
  const named = [audit.vendor.id, audit.period, audit.standard.sha256, audit.profile?.name, audit.profile?.sha256, record.vendor_size, record.platform_size, record.root, audit.report_number].map(String);
  const wanted = [facts.vendor, facts.period, facts["standard-digest"], facts.profile, facts["profile-digest"], facts["vendor-size"], facts["platform-size"], root, facts.number];
  need(wanted.every((each, at) => each === named[at]), "audit.json", "it is of another vendor, quarter, standard, profile or record than report.json");
  const results = Object.entries(audit.controls); // where entries were erased between report and signature, the audit says how many
  if (String(audit.assessment.erased) === facts.erased) need(results.length === seen.controls && results.every(([name, result]) => seen.figures.get(`${name}/result`) === result), "audit.json", "its controls have other results than those of report.json");
  return audit;
}

export function check(files, list) { // files by their paths; throws an Error that names the first fault
  let last = "keys.json";
  const file = (path) => { last = path; return files.get(path) ?? fail(path, "it is missing"); };
  try { return checked(file, files, list); } catch (error) {
    throw error instanceof Fault ? error : new Fault(`${last}: it is not of the shape that it should be (${error?.name})`);
  }
}

function checked(file, files, list) {
  const keys = json(list ?? file("keys.json"), "keys.json").keys;
  need(Array.isArray(keys), "keys.json", "it is not a list of keys");
  const keyOf = (each) => createPublicKey(each.public_key);
  const idOf = (key) => hex(key.export({ type: "spki", format: "der" }));

  // The files are those that were signed, all of them, and no other.
  const signature = /^([0-9a-f]{64}) ([0-9a-f]{128})\n$/.exec(file("manifest.sig").toString("latin1")) ?? fail("manifest.sig", "it is not a key's fingerprint and a signature");
  const signer = keys.find((each) => each.purpose === "report" && each.key_id === signature[1]) ?? fail("manifest.sig", "it was not made by a key on the list that signs reports");
  need(idOf(keyOf(signer)) === signer.key_id, "keys.json", "a key is not the one that its fingerprint names");
  need(signer.distrusted === null, "manifest.sig", "others may have had the key that signed it");
  need(verify(null, Buffer.concat([Buffer.from("labeler-report-manifest/1\n"), file("manifest.json")]), keyOf(signer), bytes(signature[2])), "manifest.json", "it is not what was signed");
  const manifest = json(file("manifest.json"), "manifest.json");
  need(manifest.format === "labeler-report-bundle/1" && typeof manifest.pack === "boolean", "manifest.json", "this program does not know its format");
  const listed = new Map(manifest.files.map((each) => [each.path, each]));
  for (const [path, each] of listed) need(file(path).length === each.bytes && hex(file(path)) === each.sha256, path, "it is not the file that was signed");
  for (const path of files.keys()) need(listed.has(path) || path === "manifest.json" || path === "manifest.sig", path, "it does not belong to this bundle");
  const sums = [...listed.keys()].filter((path) => path !== "SHA256SUMS").sort().map((path) => `${listed.get(path).sha256}  ${path}\n`).join("");
  need(file("SHA256SUMS").toString() === sums, "SHA256SUMS", "it is not the list of the files there are");

  // Manifest and report speak of each other, and of files that are there.
  const seen = read(json(file("report.json"), "report.json")), facts = seen.facts, digest = hex(file("report.json"));
  const named = { vendor: facts.vendor, period: facts.period, profile: facts.profile, number: facts.number, id: seen.id, digest };
  need(Object.keys(manifest.report).length === 6 && Object.entries(named).every(([name, value]) => manifest.report[name] === value), "manifest.json", "it names another report");
  for (const [path, sum] of seen.files) need(hex(file(path)) === sum, path, "it is not the file that report.json names");

  // The record had these two logs at these sizes, under a checkpoint that its key signed at that time.
  const note = text(file("checkpoint.txt"), "checkpoint.txt"), records = keys.filter((each) => each.purpose === "record");
  need(hex(file("checkpoint.txt")) === facts["checkpoint-digest"], "checkpoint.txt", "it is not the checkpoint that report.json names");
  need(records.length, "keys.json", "it has no key of the record");
  const [body, lines] = [note.slice(0, note.indexOf("\n\n") + 1), note.slice(note.indexOf("\n\n") + 2).split("\n")];
  const [origin, size, root64, ...more] = body.split("\n"), signed = Number(size), signedRoot = Buffer.from(root64 ?? "", "base64");
  const moment = Date.parse((more.find((line) => line.startsWith("time ")) ?? "").slice(5));
  need(origin === `labeler/${records[0].key_id.slice(0, 16)}` && /^\d+$/.test(size) && signedRoot.length === 32 && moment > 0, "checkpoint.txt", "it is no checkpoint of this record");
  need(records.some((each) => {
    const key = keyOf(each), raw = key.export({ type: "spki", format: "der" }).subarray(-32);
    const id = sha(`${origin}\n`, Buffer.of(1), raw).subarray(0, 4);
    const mine = lines.map((line) => line.split(" ")).find(([dash, name, told]) => dash === "—" && name === origin && Buffer.from(told ?? "", "base64").subarray(0, 4).equals(id));
    const inTime = Date.parse(each.from) - 1000 < moment && (each.until === null || moment <= Date.parse(each.until));
    return mine && inTime && verify(null, Buffer.from(body), key, Buffer.from(mine[2], "base64").subarray(4));
  }), "checkpoint.txt", "it is not signed by a key of this record at that time");
  const sizes = new Map([[facts.vendor, Number(facts["vendor-size"])], [PLATFORM, Number(facts["platform-size"])]]), roots = new Map();
  const logs = json(file("proof.json"), "proof.json").logs;
  need(JSON.stringify(logs.map((each) => [each.log, each.size])) === JSON.stringify([...sizes]), "proof.json", "it is of other logs or other sizes than the report names");
  for (const each of logs) {
    const leaf = leafHash(Buffer.from(`${each.log}\n${each.size}\n${each.root}\n`));
    need(rootBy(leaf, each.root_number, signed, each.path.map(bytes))?.equals(signedRoot), "proof.json", `the root of log ${each.log} is not under the checkpoint`);
    roots.set(each.log, each.root);
  }

  // Pages and tables say what report.json says.
  const shown = new Set(), page = text(file("report.html"), "report.html");
  for (const [, place_, value, words] of page.matchAll(/data-figure="([^"]*)"(?: value="([^"]*)")?>([^<]*)</g)) {
    const place = unescape(place_), told = unescape(value || words), reads = unescape(words);
    need(seen.figures.get(place) === told, "report.html", `${place} is not what report.json says`);
    const means = { "fact/meets": reads === `${{ yes: "Meets ", no: "Does not meet " }[told]}${facts.profile}`, "fact/profile-source": reads === SOURCES[told], [`${place.split("/")[0]}/idle`]: reads === "nothing of it happened", "fact/assurance": reads === { none: "none (self-generated)", assessor: "as the assessor states in part I" }[told] };
    need(!value || (means[place] ?? reads === told.replaceAll("-", " ")), "report.html", `${place} is shown as something else`);
    shown.add(place);
  }
  for (const place of seen.figures.keys()) need(shown.has(place), "report.html", `${place} is not shown`);
  for (const path of ["report.html", "worker.html"]) need(text(file(path), path).includes(`<code>${digest}</code>`), path, "it is of another report");
  const wanted = new Map();
  for (const test of seen.tests) {
    const cells = [["result", test.result], ["population", test.population], ["exceptions", test.exceptions], ...test.figures.map((each) => [each.name, each.value])];
    wanted.set(test.rule, [...(wanted.get(test.rule) ?? []), ...cells.map(([name, value]) => [test.control, name, value].map(safe))]);
  }
  for (const [rule, cells] of wanted) {
    const path = `evidence/${rule}.csv`, told = table(file(path), path).slice(1);
    need(JSON.stringify(told.map((line) => [line[0], (line[2] ?? "").split(/\s+/).join(" ").trim(), line[3]])) === JSON.stringify(cells), path, "its numbers are not those of report.json");
  }
  need(JSON.stringify(table(file("system.csv"), "system.csv")) === JSON.stringify([["group", "name", "value"], ...seen.system].map((line) => line.map(safe))), "system.csv", "its lines are not those of report.json");
  if (seen.broken.length) {
    const plan = json(file("poam.json"), "poam.json")["plan-of-action-and-milestones"];
    need(JSON.stringify([plan["poam-items"].map((each) => one(each, "control")), plan.risks]) === JSON.stringify([seen.broken, seen.risks]), "poam.json", "it is not about the risks that report.json names");
  } else need(!seen.files.some(([path]) => path === "poam.json"), "poam.json", "report.json names nothing that is to be mended");
  const audit = audited(files, keys, facts, seen, digest, signedRoot.toString("hex"));
  if (!manifest.pack) return { files: files.size, facts, signer: signer.key_id, audit, leaves: 0, rows: 0 };

  // Both trees, built anew from the leaves; every row leads to one of them.
  const trees = new Map([...sizes.keys()].map((log) => [log, new Tree()])), open = new Set(), salts = createHash("sha256").update(`labeler report evidence 1\n${facts.parameters}\n`);
  let erased = 0, leaves = 0, rows = 0;
  const unzip = (path) => { try { return gunzipSync(file(path)); } catch (error) { return fail(path, `it cannot be read (${error.message})`); } };
  for (const line of text(unzip("leaves.jsonl.gz"), "leaves.jsonl.gz").split("\n").filter(Boolean)) {
    const leaf = json(Buffer.from(line), "leaves.jsonl.gz"), tree = trees.get(leaf.log), which = `leaf ${leaf.number} of log ${leaf.log}`;
    need(tree && (leaf.log === facts.vendor || trees.get(facts.vendor).size === sizes.get(facts.vendor)) && tree.size < sizes.get(leaf.log) && leaf.number === tree.size, "leaves.jsonl.gz", `${which} is not the next one`);
    need((leaf.salt === null) === (leaf.entry === null), "leaves.jsonl.gz", `${which} is half opened`);
    if (leaf.salt !== null) {
      need(hex(Buffer.concat([bytes(leaf.salt), Buffer.from(leaf.entry)])) === leaf.commitment, "leaves.jsonl.gz", `${which} says something else than when it was sealed`);
      need((json(Buffer.from(leaf.entry), "leaves.jsonl.gz").vendor ?? PLATFORM) === leaf.log, "leaves.jsonl.gz", `${which} belongs to another log`);
      open.add(`${leaf.log} ${leaf.number}`);
      if (leaf.log === facts.vendor) salts.update(bytes(leaf.salt));
    } else if (leaf.log === facts.vendor) erased++;
    tree.add(leafHash(bytes(leaf.commitment))); leaves++;
  }
  for (const [log, tree] of trees) need(tree.size === sizes.get(log) && tree.root().toString("hex") === roots.get(log), "leaves.jsonl.gz", `the leaves of log ${log} do not make the root under the checkpoint`);
  need(String(erased) === facts.erased, "leaves.jsonl.gz", `${erased} leaves of the vendor's log are not opened, and report.json says that ${facts.erased} are erased`);
  const key = salts.digest();
  for (const test of seen.tests) {
    const path = `evidence/rows/${test.rule}.csv.gz`, data = unzip(path);
    need(createHmac("sha256", key).update(`rows ${test.rule}\n`).update(data).digest("hex") === test.digest, path, "its rows are not those that report.json was made of");
    const told = table(data, path);
    need(told.shift()?.join() === "row,at,person,log,leaf,value,exception", path, "its columns are not those of rows");
    told.forEach((row, number) => need(row[0] === String(number) && open.has(`${row[3]} ${row[4]}`), path, `row ${number} does not lead to an opened leaf`));
    const wrong = told.filter((row) => row[6] === "yes").length; rows += told.length;
    need(["not told", String(told.length)].includes(test.population), path, `it has ${told.length} rows, and report.json says ${test.population}`);
    need(["not told", String(wrong)].includes(test.exceptions), path, `it has ${wrong} exceptions, and report.json says ${test.exceptions}`);
  }
  return { files: files.size, facts, signer: signer.key_id, audit, leaves, rows };
}

function main(own) {
  const got = (path, read) => { try { return read(path); } catch (error) { throw error instanceof Fault ? error : new Fault(`${path}: it cannot be read (${error.code ?? error.name})`); } };
  const found = check(got(process.argv[2] ?? dirname(own), load), process.argv[3] && got(process.argv[3], readFileSync));
  console.log(`As it was made: ${found.files} files, report ${found.facts.number} on ${found.facts["vendor-name"]}, ${found.facts.period}, by ${found.facts.profile}.`);
  console.log(`Measured by ${SOURCES[found.facts["profile-source"]] ?? "numbers of an unknown source"}.`);
  console.log(`Signed by ${found.signer}${process.argv[3] ? "" : " (the bundle's own list of keys: compare it with the installation's)"}.`);
  if (found.audit) console.log(`audit.json holds: it is of this report.json, signed off by ${found.audit.signature.name}, ${found.audit.signature.role}, with assurance: ${found.audit.signature.assurance}.`);
  if (found.leaves) console.log(`Both logs were built anew from ${found.leaves} leaves; ${found.rows} rows lead to them.`);
}

const own = fileURLToPath(import.meta.url);
if (process.argv[1] && realpathSync(process.argv[1]) === realpathSync(own)) {
  try { main(own); } catch (error) {
    console.error(`NOT as it was made. ${error.message}`);
    process.exitCode = 1;
  }
}
