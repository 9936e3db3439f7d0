// The preview page: reloads itself when files change, and listens to a few keys. All of it works without, by links.
"use strict";
const body = document.body;

const changes = new EventSource(body.dataset.changes);
changes.addEventListener("changed", () => location.reload());
changes.addEventListener("error", () => { document.getElementById("away").classList.remove("hidden"); });
changes.addEventListener("open", () => { document.getElementById("away").classList.add("hidden"); });
addEventListener("pagehide", () => changes.close());

for (const choice of document.querySelectorAll("form.controls select")) {
  choice.addEventListener("change", () => choice.form.submit());
}

const keys = { ArrowLeft: "previous", ArrowRight: "next", d: "dark", p: "phone", b: "board", t: "text" };
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, input, textarea")) return;
  const link = document.querySelector(`a[data-key="${keys[event.key] ?? ""}"]`);
  if (link) { event.preventDefault(); link.click(); }
});
