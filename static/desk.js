// The desk in the browser: keys, drafts, a lost connection, an ended session. Everything works without this file.
const $ = (selector, root = document) => root.querySelector(selector);
const task = () => $("#task");
const form = () => $("#answer");
const panel = $("#panel");
const mac = /Mac|iP(hone|ad)/.test(navigator.platform);
const KEYS_OFF = "keys-off";
const WAITING = "answer:";
const DRAFT_DELAY = 800;
const HEARTBEAT = 60_000;
const RETRY = 10_000;
const ENDED = [400, 401]; // an ended session, or a form whose token ended with it

// Whatever the browser cannot store (private windows, a full disk) is simply not kept.
const store = {
  get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* not kept */ } },
  drop: (key) => { try { localStorage.removeItem(key); } catch { /* not kept */ } },
  keys: () => { try { return Object.keys(localStorage); } catch { return []; } },
};
const token = () => $("input[name=csrf_token]")?.value ?? "";
const send = (url, method, body = new URLSearchParams()) =>
  fetch(url, { method, body, headers: { "X-CSRFToken": token(), "HX-Request": "true" }, signal: AbortSignal.timeout(15_000) });

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
});

// -- drafts ---------------------------------------------------------------------------------------------------------
let timer = 0;
let saving = Promise.resolve();

const fields = (from) => new URLSearchParams(new FormData(from));

async function saveDraft(from) {
  const reply = await send(from.dataset.draft, "PUT", fields(from)).catch(() => null);
  const kept = $("#kept");
  if (!kept || form() !== from) return;
  if (reply?.ok) kept.textContent = `Saved ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
  else if (ENDED.includes(reply?.status)) signInAgain(() => saveDraft(from));
  else kept.textContent = reply?.status === 410 ? "" : "Not saved yet";
}

function draftSoon(event) {
  const from = event.target.closest?.("form[data-draft]");
  if (!from) return;
  clearTimeout(timer);
  timer = setTimeout(() => { saving = saving.then(() => form() === from && saveDraft(from)); }, DRAFT_DELAY);
}
document.addEventListener("input", draftSoon);
document.addEventListener("change", draftSoon);

// -- the answer on its way: kept under its key until the server has it; never for a sensitive task ------------------
function remember(from) {
  if (task()?.hasAttribute("data-sensitive") || !from.idem_key) return;
  store.set(WAITING + from.idem_key.value, JSON.stringify({ to: from.action, body: fields(from).toString() }));
}

function offline(on) {
  let bar = $("#offline");
  if (!on) return bar?.remove();
  if (bar) return;
  bar = document.createElement("div");
  bar.id = "offline";
  bar.className = "offline";
  const kept = !task()?.hasAttribute("data-sensitive");
  bar.textContent = kept ? "Not connected. Your answer is kept here and will be sent." : "Not connected. Stay on this page and press Submit again later.";
  $("#says").before(bar);
  $("#says").replaceChildren(Object.assign(document.createElement("p"), { className: "unseen", textContent: bar.textContent }));
}

async function sendWaiting() {
  for (const key of store.keys().filter((each) => each.startsWith(WAITING))) {
    const { to, body } = JSON.parse(store.get(key));
    const fresh = new URLSearchParams(body);
    fresh.set("csrf_token", token());
    const reply = await send(to, "POST", fresh).catch(() => null);
    if (!reply) return;
    if (ENDED.includes(reply.status)) return signInAgain(sendWaiting);
    if (reply.status >= 500) return;
    store.drop(key);
    offline(false);
    if (form()?.idem_key?.value === key.slice(WAITING.length)) location.assign("/work");
  }
}
addEventListener("online", sendWaiting);
setInterval(() => $("#offline") && sendWaiting(), RETRY);

document.addEventListener("htmx:beforeRequest", (event) => event.target.id === "answer" && remember(event.target));
document.addEventListener("htmx:sendError", () => offline(true));
document.addEventListener("htmx:timeout", () => offline(true));
document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr, requestConfig: { elt } } = event.detail; // the event comes from what is left where the form was
  if (!xhr.status) return;
  if (xhr.status < 500 && !ENDED.includes(xhr.status)) offline(false);
  if (elt.id === "answer" && xhr.status < 500 && !ENDED.includes(xhr.status)) store.drop(WAITING + elt.idem_key.value);
  if (xhr.status >= 500) say("We could not do that just now. What you wrote is still here. Please try again.");
});

function say(words) {
  $("#says").replaceChildren(Object.assign(document.createElement("p"), { textContent: words }));
}

// -- an ended session: sign in over the page, then the same request goes out again -----------------------------------
async function signInAgain(then) {
  const dialog = $("#again");
  if (dialog.open) return;
  const reply = await fetch("/sign-in").catch(() => null);
  if (!reply) return offline(true);
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  if (new URL(reply.url).pathname !== "/sign-in") return renewed(page) && then(); // still signed in: the form was old
  const found = page.querySelector("main form");
  if (!found) return location.assign("/sign-in");
  const sign = document.importNode(found, true);
  $("#again-inside").replaceChildren(sign);
  sign.addEventListener("submit", async (event) => {
    event.preventDefault();
    const reply = await fetch("/sign-in", { method: "POST", body: new URLSearchParams(new FormData(sign)) }).catch(() => null);
    if (!reply) return;
    if (!reply.ok || new URL(reply.url).pathname === "/sign-in") { $("#again-title").textContent = "That did not match. Sign in again"; return; }
    renewed(new DOMParser().parseFromString(await reply.text(), "text/html"));
    dialog.close();
    then();
  });
  dialog.showModal();
  $("#again-title").focus();
}

// Forms of this page get the token of a fresh one. False when it has none, or has been asked for a moment ago.
let renewedAt = 0;
function renewed(page) {
  const fresh = page.querySelector("input[name=csrf_token]")?.value;
  if (!fresh || Date.now() - renewedAt < 5000) return false;
  renewedAt = Date.now();
  document.querySelectorAll("input[name=csrf_token]").forEach((input) => { input.value = fresh; });
  return true;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (!ENDED.includes(event.detail.xhr.status)) return;
  event.detail.shouldSwap = false;
  const from = event.detail.requestConfig.elt;
  signInAgain(() => (from instanceof HTMLFormElement ? from.requestSubmit() : from.click()));
});

// -- after a swap: focus, panel, held task --------------------------------------------------------------------------
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "panel-inside") {
    if (!panel.open) panel.showModal();
    return $("h1", panel)?.focus();
  }
  if (panel.open) panel.close();
  arrived();
  ($("#problems") ?? $("#task h1"))?.focus({ preventScroll: true });
});
panel.addEventListener("close", () => $("#panel-inside").replaceChildren()); // nothing of a task stays behind
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target.closest("[data-press=l]")) link();
  const full = event.target.closest("[data-full]");
  if (full) fullView(full.closest(".pane"));
});

function arrived() {
  document.querySelectorAll("[data-press=l], [data-full]").forEach((button) => { button.hidden = false; });
  document.querySelectorAll(".linked .inside").forEach((inside) => { inside.tabIndex = 0; });
}

setInterval(async () => {
  const held = task()?.dataset.assignment;
  if (!held || document.hidden || task().hasAttribute("data-revising")) return;
  const reply = await send(`/assignments/${held}/heartbeat`, "POST").catch(() => null);
  if (reply?.status === 410) say("Somebody else may answer this task too. Your answer still counts and is paid.");
  if (ENDED.includes(reply?.status)) signInAgain(() => {});
}, HEARTBEAT);

// -- what may not be seen any more goes at once, here, on other tabs and on other devices ------------------------------
const LOOK = 800; // with the way there and back a sensitive text goes within a second; the rest waits six times as long
const tabs = "BroadcastChannel" in self ? new BroadcastChannel("desk") : null;
let busyUntil = 0;
let looking = false;
let beats = 0;

function clear(keep) {
  document.querySelectorAll("#prompt, .pair, .differs, #full .inside").forEach((part) => part.remove());
  if ($("#full").open) $("#full").close();
  if (panel.open && !(keep && panel.contains(keep))) panel.close();
}
document.addEventListener("htmx:beforeRequest", (event) => {
  busyUntil = Date.now() + 15_000;
  if (event.target.matches?.("[data-clear]")) clear(event.target);
});
document.addEventListener("htmx:afterRequest", (event) => {
  busyUntil = 0;
  if (event.detail.requestConfig.verb !== "get") tabs?.postMessage("");
});

async function look() {
  const here = task();
  if (!here?.dataset.assignment || looking || document.hidden || here.hasAttribute("data-revising")) return;
  looking = true;
  const shown = here.hasAttribute("data-shown") ? "?shown=1" : "";
  const reply = await fetch(`/assignments/${here.dataset.assignment}/still${shown}`, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(5000) }).catch(() => null);
  looking = false;
  if (task() !== here || Date.now() < busyUntil) return; // it is being changed from here
  const ended = ENDED.includes(reply?.status) && here.hasAttribute("data-sensitive");
  if (reply?.status !== 410 && !ended) return;
  clear();
  if (ended) return signInAgain(desk);
  here.replaceChildren();
  desk();
}
const desk = () => htmx.ajax("GET", "/work", { target: "#task", swap: "outerHTML show:window:top" });
setInterval(() => (task()?.hasAttribute("data-sensitive") || ++beats % 6 === 0) && look(), LOOK);
tabs?.addEventListener("message", look);
addEventListener("pageshow", (event) => event.persisted && look());

// -- one text alone, as wide as it reads well; a copy, which goes when the view closes -------------------------------
const whole = $("#full");
whole.addEventListener("close", () => $("#full-inside").replaceChildren());

function fullView(pane) {
  if (!pane) return;
  $("#full-title").textContent = $(".slot", pane).textContent;
  $("#full-inside").replaceChildren($(".inside", pane).cloneNode(true));
  const stop = $("#task [data-clear]")?.cloneNode(true);
  if (stop) { $("#full-inside").prepend(stop); htmx.process(stop); }
  whole.showModal();
  $("#full-title").focus();
}

function comment() {
  const remarks = $("#answer details.remarks");
  if (!remarks) return false;
  remarks.open = true;
  $("textarea", remarks)?.focus();
  return true;
}

// -- two texts scrolled together, in proportion ----------------------------------------------------------------------
function link() {
  const pair = $(".pair");
  const on = pair.classList.toggle("linked");
  $("[data-press=l]").setAttribute("aria-pressed", String(on));
  pair.querySelectorAll(".inside").forEach((inside) => { inside.tabIndex = on ? 0 : -1; });
}
let leader = null;
document.addEventListener("scroll", (event) => {
  const from = event.target;
  if (!from.closest?.(".linked") || (leader && leader !== from)) return;
  leader = from;
  const share = from.scrollTop / Math.max(1, from.scrollHeight - from.clientHeight);
  for (const other of from.closest(".linked").querySelectorAll(".inside")) {
    if (other !== from) other.scrollTop = share * (other.scrollHeight - other.clientHeight);
  }
  requestAnimationFrame(() => { leader = null; });
}, true);

// -- keys: by place on the keyboard for digits, by letter for the rest; never while writing --------------------------
const CODES = { Minus: "-", NumpadSubtract: "-" };
const keyOf = (event) => CODES[event.code] ?? /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? event.key.toLowerCase();

function choose(key) {
  const groups = [...form().querySelectorAll("[role=radiogroup]")];
  const group = document.activeElement.closest?.("[role=radiogroup]") ?? groups.find((each) => !$(":checked", each)) ?? groups[0];
  const radio = group && $(`[data-key="${CSS.escape(key)}"]`, group);
  if (!radio) return false;
  radio.click();
  radio.focus();
  return true;
}

document.addEventListener("keydown", (event) => {
  const at = event.target;
  const enter = event.key === "Enter";
  if (enter && (mac ? event.metaKey : event.ctrlKey) && form()) { event.preventDefault(); return form().requestSubmit(); }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  const typing = at.matches?.("textarea, select, input:not([type=radio], [type=checkbox])");
  if (typing || store.get(KEYS_OFF)) return;
  const key = keyOf(event);
  const open = $("dialog[open]");
  if (open && !(["h", "s"].includes(key) && ["panel", "full"].includes(open.id))) return;
  if (enter && at.matches?.("#answer input[type=radio]")) { event.preventDefault(); return form().requestSubmit(); }
  if (event.key === "?") return $("#keys").showModal();
  if (key === "f" && $(".pane")) { event.preventDefault(); return fullView(at.closest?.(".pane") ?? $(".pane")); }
  if (key === "c" && form() && comment()) return event.preventDefault();
  if (key === "[" || key === "]") {
    const pane = document.querySelectorAll(".pane .inside")[key === "[" ? 0 : 1];
    if (pane) { pane.tabIndex = 0; pane.focus(); event.preventDefault(); }
    return;
  }
  const button = /^[a-z]$/.test(key) && $(`[data-press=${key}]`);
  if (button) { event.preventDefault(); return button.click(); }
  if (form() && choose(key)) event.preventDefault();
});
const keysOn = $("#keys-on");
keysOn.checked = !store.get(KEYS_OFF);
keysOn.addEventListener("change", () => (keysOn.checked ? store.drop(KEYS_OFF) : store.set(KEYS_OFF, "1")));

arrived();
sendWaiting();
