/* One question at a time. The server owns its clock; this page shows it, saves each answer as it is given, and goes on
   when the time is over. Without this file the page reloads itself then, and its buttons post.

   The template gives form#question[data-left: milliseconds][data-lease][data-counter][data-place][data-type][data-save-url]
   [data-events-url][data-second: words around {n}] with inputs named a<place>, #clock in a [role=timer], #save, #offline,
   #announce[data-ten], #signed-out[hidden] with a link; or form[data-finished] once no question is open. */
(function () {
  "use strict";
  const $ = (selector) => document.querySelector(selector);
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const finished = $("form[data-finished]");
  if (finished) {
    finished.submit();
    return;
  }
  const form = $("#question");
  if (!form) return;
  const data = form.dataset;
  const token = $("meta[name='csrf-token']");
  const isText = data.type === "fill";
  const inputs = Array.from(form.querySelectorAll("[name='a" + data.place + "']"));
  const entry = performance.getEntriesByType("navigation")[0];
  const ends = Number(data.left) + (entry && entry.responseStart || 0);
  const RETRY = 2000;
  const PATIENCE = 15000;   // a connection that says nothing for so long is given up, so that the next try can come

  let counter = Number(data.counter);
  let stored = counter;   // the newest change that the server holds
  let busy = false;
  let leaving = false;
  let timer = 0;
  let said = false;

  const valueOf = () => (isText ? inputs.map((input) => input.value)
    : inputs.filter((input) => input.checked).map((input) => input.value));
  function status(state) {
    const node = $("#save");
    node.dataset.state = state;
    node.querySelector("[data-text]").textContent = node.dataset[state];
  }
  function offline(on) { $("#offline").hidden = !on; }
  function signedOut(on) { $("#signed-out").hidden = !on; }
  function again() { leaving = true; location.reload(); }

  // ---- saving ----
  function changed(delay) {
    counter += 1;
    inputs.forEach((input) => {
      const label = input.closest("label");
      if (label && !isText) label.classList.toggle("on", input.checked);
    });
    status("saving");
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  }
  function save() {
    if (busy || leaving || stored === counter) return;
    busy = true;
    const sent = counter;
    const answers = [{ pos: Number(data.place), value: valueOf(), counter: sent }];
    post(data.saveUrl, { lease: Number(data.lease), answers: answers }).then((response) => {
      offline(false);
      if (leaving) return undefined;
      signedOut(response.status === 401 || response.type === "opaqueredirect");
      if (response.status === 409 || response.status === 410) return again();  // the page itself says what happened
      if (response.status === 400 || response.status === 403) return renewToken().then(() => { throw new Error("not stored"); });
      if (response.status !== 200) throw new Error("not stored");
      stored = sent;
      if (stored === counter) status("saved");
      return undefined;
    }).catch((error) => {
      if (error instanceof TypeError || error.name === "AbortError") offline(true);
      status("unsaved");
    }).then(() => {
      busy = false;
      if (stored !== counter && !leaving) timer = setTimeout(save, stored === sent ? 0 : RETRY);
    });
  }
  const limited = (url, asked) => {
    const abort = new AbortController();
    const limit = setTimeout(() => abort.abort(), PATIENCE);
    return fetch(url, { ...asked, signal: abort.signal, redirect: "manual" }).finally(() => clearTimeout(limit));
  };
  const post = (url, body) => limited(url, {
    method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": token.content },
  });
  // After signing in again the old token is void: the page itself carries a new one.
  function renewToken() {
    return limited(location.href, {}).then((page) => (page.ok ? page.text() : "")).then((html) => {
      const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("meta[name='csrf-token']");
      if (!fresh) return;
      token.content = fresh.content;
      form.elements.csrf_token.value = fresh.content;
    });
  }

  // ---- going on ----
  function next() {
    if (leaving) return;
    leaving = true;
    clearTimeout(timer);
    const body = new FormData(form);
    body.set("action", "next");
    form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    go(body);
  }
  function go(body) {
    limited(form.getAttribute("action"), { method: "POST", body: body }).then(() => location.reload(), () => {
      offline(true);
      setTimeout(() => go(body), RETRY);
    });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    next();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.type === "text") event.preventDefault();  // no going on by accident
  });
  form.addEventListener("change", () => { if (!isText) changed(100); });
  form.addEventListener("input", (event) => { if (isText && !event.isComposing) changed(500); });
  form.addEventListener("compositionend", () => { if (isText) changed(500); });

  // ---- the clock ----
  function tick() {
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
    const clock = $("#clock");
    const text = data.second.replace("{n}", left);
    if (clock.textContent !== text) clock.textContent = text;
    clock.closest("[role=timer]").dataset.state = left <= 10 ? "warn" : "";
    if (left <= 10 && !said) { said = true; $("#announce").textContent = $("#announce").dataset.ten; }
    if (left === 0) next();
  }

  // ---- evidence: focus, with how long ago, since this clock proves nothing ----
  let away = false;
  function look() {
    setTimeout(() => {
      const now = document.hidden || !document.hasFocus();
      if (now === away || leaving) return;
      away = now;
      post(data.eventsUrl, { lease: Number(data.lease), events: [{ kind: away ? "blur" : "focus", ago_ms: 0 }] })
        .catch(() => undefined);
    }, 0);
  }
  window.addEventListener("blur", look);
  window.addEventListener("focus", look);
  document.addEventListener("visibilitychange", look);

  inputs.forEach((input) => {
    const label = input.closest("label");
    if (label && !isText) label.classList.toggle("on", input.checked);
  });
  setInterval(tick, 250);
  tick();
})();
