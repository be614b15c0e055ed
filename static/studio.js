// The studio in the browser: how far a file has been sent, and a session that ended. Everything works without this script.
const form = document.querySelector("[data-upload]");
const part = () => document.querySelector("[data-progress]");
const size = new Intl.NumberFormat(undefined, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 });

function tell(words, share) {
  const shown = part();
  if (!shown) return;
  shown.hidden = false;
  shown.querySelector("[role=status]").textContent = words;
  const bar = shown.querySelector("progress");
  if (share === null) bar.removeAttribute("value");
  else bar.value = share;
}

document.addEventListener("htmx:xhr:progress", (event) => {
  if (!event.target.matches?.("[data-upload]") || !event.detail.lengthComputable) return;
  const { loaded, total } = event.detail;
  if (loaded < total) tell(`${size.format(loaded / 1e6)} of ${size.format(total / 1e6)} sent`, loaded / total);
  else tell("Sent. It is being looked at.", null);
});
for (const name of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(name, (event) => {
    const status = event.detail.xhr?.status;
    tell(status === 413 ? "This file is larger than we take." : "The file did not arrive. Nothing was stored. Please try again.", 0);
  });
}
if (form) addEventListener("pageshow", () => { part().hidden = true; });

// A sign-in page or a refusal is no part of this page. Where nothing has been typed the page itself is asked for again.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (![400, 401, 403, 404, 409].includes(event.detail.xhr.status)) return;
  event.detail.shouldSwap = false;
  if (!document.querySelector("#project-form, #text")) return location.reload();
  const words = "This page could not be brought up to date. You may have been signed out: copy what you typed before you load it again.";
  document.querySelector("#says").replaceChildren(Object.assign(document.createElement("p"), { textContent: words }));
});
