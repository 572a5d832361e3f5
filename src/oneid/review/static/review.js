// Keys of the review page. Without this script everything works by its buttons.
"use strict";

const field = (at) => at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
  if (field(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  // an input method that is on hides the letter, but not the key
  const key = event.key === "Process" ? event.code.replace(/^Key/, "") : event.key;
  const letter = key.normalize("NFKC").toLowerCase();
  const button = /^[sdl]$/.test(letter) && document.querySelector(`#verdict [data-key="${letter}"]`);
  if (button) {
    button.click();
  } else if (letter === "u" && document.getElementById("undo")) {
    document.getElementById("undo").requestSubmit();
  } else if (letter === "r" && document.getElementById("reason")) {
    document.getElementById("reason").focus();
  } else if (letter === "?" && document.getElementById("help")) {
    const help = document.getElementById("help");
    help.open = !help.open;
    help.querySelector("summary").focus();
  } else {
    return;
  }
  event.preventDefault();
});

// one press, one verdict
const sent = new WeakSet();
document.addEventListener("submit", (event) => {
  if (sent.has(event.target)) event.preventDefault();
  sent.add(event.target);
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
