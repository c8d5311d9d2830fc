// Renews the parts of an open page that changed, and leaves alone whatever somebody is at: a part with the focus in it,
// or with something ticked or typed, stays as it is, and the page says that there is something new. Without this script
// the link "look again" does the same. No part of the page needs it.
"use strict";
(() => {
  const here = document.getElementById("live");
  if (!here || !window.fetch || !window.DOMParser) return;
  const EVERY = 15000, SELDOM = 240000;
  const said = here.querySelector("[role=status]");
  const headers = { "X-Sitthi-Live": here.dataset.token };
  let mark = Number(here.dataset.mark), wait = EVERY;

  const key = (part) => part.dataset.part || part.getAttribute("aria-labelledby");
  const parts = (root) => new Map(
    [...root.querySelectorAll("[data-part], main section[aria-labelledby]")]
      .filter((part) => !part.parentElement.closest("[data-part], section[aria-labelledby]"))
      .map((part) => [key(part), part]));
  const shown = new Map([...parts(document)].map(([name, part]) => [name, part.innerHTML]));

  const touched = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
    const first = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(first, 0);
  };
  const busy = (part) => part.contains(document.activeElement)
    || [...part.querySelectorAll("input, select, textarea")].some(touched);
  const say = (text, count) => {
    const now = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Bangkok" });
    said.textContent = text.replace("{time}", now).replace("{count}", count);
  };

  const put = (old, fresh) => {
    const rows = new Set([...old.querySelectorAll("tr, li, .entry")].map((row) => row.innerHTML));
    const open = [...old.querySelectorAll("details")].map((one) => one.open);
    for (const row of fresh.querySelectorAll("tbody tr, li, .entry")) if (!rows.has(row.innerHTML)) row.classList.add("renewed");
    const folds = [...fresh.querySelectorAll("details")];
    if (folds.length === open.length) folds.forEach((one, at) => { one.open = open[at]; });
    old.replaceChildren(...fresh.childNodes);
    old.className = fresh.className;
  };

  const renew = (page) => {
    const before = parts(document), after = parts(page);
    let left = false;
    for (const [name, part] of after) {
      const html = part.innerHTML, old = before.get(name);
      if (old && shown.get(name) === html) continue;
      if (!old || busy(old)) { left = true; continue; }
      put(old, part);
      shown.set(name, html);
    }
    for (const [name, old] of before) if (!after.has(name)) {
      if (busy(old)) left = true; else { old.remove(); shown.delete(name); }
    }
    return left;
  };

  const ask = async () => {
    const query = new URLSearchParams({ since: String(mark), case: here.dataset.case });
    const answer = await fetch(`${here.dataset.pulse}?${query}`, { headers });
    if (answer.redirected || answer.status === 403) return false;
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    if (told.mark === mark) return true;
    const page = await fetch(here.dataset.page, { headers });
    if (page.redirected || page.status === 403) return false;
    if (!page.ok) throw new Error(String(page.status));
    const left = renew(new DOMParser().parseFromString(await page.text(), "text/html"));
    mark = told.mark;
    here.classList.toggle("waits", left);
    say(left ? here.dataset.left : here.dataset.renewed, told.changed);
    return true;
  };

  const turn = async () => {
    try {
      if (!document.hidden && !(await ask())) { say(here.dataset.over, ""); return; }
      wait = EVERY;
    } catch {
      wait = Math.min(wait * 2, SELDOM);
    }
    setTimeout(turn, wait);
  };
  document.addEventListener("visibilitychange", () => { wait = EVERY; });
  setTimeout(turn, Number(here.dataset.every) || EVERY);
})();
