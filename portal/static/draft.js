// Keeps on the server what is typed behind a link, so that a lost connection loses nothing. The page works without it.
"use strict";

for (const form of document.querySelectorAll("form[data-draft]")) {
  const said = document.getElementById("draft-said");
  const PAUSE = 3000;
  let timer = 0;
  let changed = false;
  let sending = false;

  const tell = (word) => { if (said) said.textContent = form.dataset[word] || ""; };

  const later = () => {
    changed = true;
    if (!timer && !sending) timer = setTimeout(send, PAUSE);
  };

  async function send() {
    timer = 0;
    changed = false;
    sending = true;
    const typed = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") typed.append(name, value);
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: typed });
      tell(answer.ok ? "kept" : "unkept");
      // A link that is over takes nothing more; anything else may pass.
      if (!answer.ok && answer.status !== 410) changed = true;
    } catch {
      tell("unkept");
      changed = true;
    }
    sending = false;
    if (changed) timer = setTimeout(send, PAUSE);
  }

  form.addEventListener("input", later);
  form.addEventListener("submit", () => { clearTimeout(timer); timer = 0; changed = false; });
}
