/* Small comforts. Every page works without them. */
"use strict";

/* A button or link that opens after a while (reading time of the cost sheet, waiting time of an SMS code).
   The use cases hold the same times: this only says so beforehand. */
for (const opener of document.querySelectorAll("[data-opens-in]")) {
  const words = opener.textContent.trim();
  const readyAt = Date.now() + Number(opener.dataset.opensIn) * 1000;
  const tick = () => {
    const left = Math.ceil((readyAt - Date.now()) / 1000);
    opener.disabled = left > 0;
    opener.setAttribute("aria-disabled", String(left > 0));
    opener.textContent = left > 0 ? opener.dataset.waitingWords.replace("#", left) : words;
    if (left > 0) setTimeout(tick, 250);
  };
  opener.addEventListener("click", (event) => {
    if (opener.getAttribute("aria-disabled") === "true") event.preventDefault();
  });
  tick();
}

/* One press is enough. The pressed button is disabled only after its name and value were sent. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
});

/* Coming back by the browser's button finds the form as it was: open it again. */
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});

/* The summary of what is wrong gets the attention. */
const summary = document.getElementById("error-summary");
if (summary) summary.focus();
