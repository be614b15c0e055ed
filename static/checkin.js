// The check-in of the break page, for the labeler alone. It stays in this browser's own storage (MON-3): nothing in this
// file can send anything, no field of it has a name or stands in a form, and no other script reads what it keeps.
const KEPT = "check-in";
const WORDS = ["Fine", "So-so", "Not good"];
const LAST = 14;

const make = (tag, words = "", more = {}) => Object.assign(document.createElement(tag), { textContent: words, ...more });

// Whatever the browser cannot store (private windows, a full disk) is simply not kept.
function kept() {
  try { return JSON.parse(localStorage.getItem(KEPT)) ?? []; } catch { return []; }
}

function keep(list) {
  try { localStorage.setItem(KEPT, JSON.stringify(list.slice(-LAST))); } catch { /* not kept */ }
}

function erase() {
  try { localStorage.removeItem(KEPT); } catch { /* was not kept */ }
}

function draw(place, said = "") {
  const buttons = make("div", "", { className: "row" });
  WORDS.forEach((words, n) => {
    const button = make("button", words, { type: "button" });
    button.addEventListener("click", () => {
      keep([...kept(), [new Date().toISOString(), n]]);
      draw(place, n === WORDS.length - 1 ? "Kept here. Rest as long as you like; help is one press away." : "Kept here.");
    });
    buttons.append(button);
  });
  const before = kept();
  const list = make("ul", "", { className: "small" });
  for (const [at, n] of before.toReversed()) {
    const day = new Date(at).toLocaleString([], { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    list.append(make("li", `${day}: ${WORDS[n] ?? ""}`));
  }
  const gone = make("button", "Erase", { type: "button" });
  gone.addEventListener("click", () => { erase(); draw(place, "Erased."); });
  const status = make("p", "", { className: "small" });
  status.setAttribute("role", "status");
  place.replaceChildren(
    make("h2", "How are you?"),
    make("p", "Only you see this. It stays in this browser and is never sent. Whoever uses this browser after you can read it, so erase it on a shared one.", { className: "small quiet" }),
    buttons,
    status,
    ...(before.length ? [list, gone] : []),
  );
  status.textContent = said;
}

function arrived() {
  const place = document.querySelector("#check-in");
  if (place && !place.childElementCount) draw(place);
}
document.addEventListener("htmx:afterSwap", arrived);
arrived();
