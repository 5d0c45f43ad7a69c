/* The exam page. Every answer is kept in this browser until the server acknowledges it; the server owns the clock.
   Without this file the page is one long form that posts.

   The template gives:
   - meta[name=csrf-token]; script#exam-texts[type="application/json"], the words of this file by key;
   - form#exam[autocomplete=off] with data-attempt, -lease, -counter (highest that the server holds), -now, -due (UTC),
     -save-url, -events-url, -submit-url, -review-url, -result-url, -login-url, and optionally -spread (seconds);
   - in it section.q#q7[data-pos=7][data-type][data-counter: of the stored answer, 0 if none] with inputs named a7,
     .qsave, and buttons [data-go=prev|next] and [data-mark]; submit buttons named action: save, review;
   - #card a[data-pos] (and .card-copy for a second card), #clock in a [role=timer], #announce, #save, #offline[hidden],
     #notice[role=alert][hidden], [data-count=answered|blank|flagged|current], rect[data-meter], checkbox #shortcuts.
   The result page carries [data-exam-done=ATTEMPT]. Saving answers 200 {server_now, due, saved: {position: counter}},
   401, 409 {message} (taken over) or 410 {message, url} (closed). */
(function () {
  "use strict";
  const $ = (selector, root) => (root || document).querySelector(selector);
  const $$ = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  // The result page says that an attempt is over: nothing of it stays in the browser.
  const done = $("[data-exam-done]");
  if (done) {
    try {
      localStorage.removeItem("exam:" + done.dataset.examDone);
      localStorage.removeItem("exam:" + done.dataset.examDone + ":tab");
    } catch (error) { /* no storage, nothing kept */ }
  }

  const form = $("#exam");
  if (!form) return;
  const data = form.dataset;
  const texts = JSON.parse($("#exam-texts").textContent);
  const say = (key, values) => (texts[key] || "").replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const sections = $$("section.q", form);
  const byPos = {};
  sections.forEach((section) => { byPos[section.dataset.pos] = section; });
  const lease = Number(data.lease);
  const RETRY = [3, 5, 10, 15];
  const PING = 30000;

  let stopped = false;   // taken over or closed: this page writes nothing any more
  let ended = false;     // time is up: no more typing, only sending
  let leaving = false;   // going away on purpose, everything sent
  let current = null;

  // ---- what this browser keeps ----
  const KEY = "exam:" + data.attempt;
  let memory = null;     // used alone where there is no storage, or it is full
  let broken = false;
  function unkept() {
    broken = true;
    const note = $("#unkept");
    if (note) note.hidden = false;
    const banner = $("#offline");
    if (banner && banner.dataset.unkept) banner.textContent = banner.dataset.unkept;
  }
  const empty = () => ({ counter: 0, pending: {}, stale: {}, flags: [] });
  function load() {
    if (!broken) {
      try { return Object.assign(empty(), JSON.parse(localStorage.getItem(KEY) || "{}")); } catch (error) { unkept(); }
    }
    return memory || empty();
  }
  function keep(state) {
    memory = state;
    if (broken) return;
    try { localStorage.setItem(KEY, JSON.stringify(state)); } catch (error) { unkept(); }
  }
  function forget() {
    memory = empty();
    try { localStorage.removeItem(KEY); localStorage.removeItem(KEY + ":tab"); } catch (error) { unkept(); }
  }
  const unsent = () => Object.keys(load().pending);

  // ---- questions ----
  // Looked up once: a paper has fifty questions, and every change paints them all.
  const parts = new Map(sections.map((section) => [section, {
    inputs: $$("[name='a" + section.dataset.pos + "']", section),
    chars: $("[data-chars]", section),
    note: $(".qsave", section),
    marks: $$("[data-mark]", section),
    links: [],
  }]));
  $$("#card a[data-pos], .card-copy a[data-pos]").forEach((link) => parts.get(byPos[link.dataset.pos]).links.push(link));
  const inputs = (section) => parts.get(section).inputs;
  const isText = (section) => section.dataset.type === "fill" || section.dataset.type === "short";
  function valueOf(section) {
    return isText(section) ? inputs(section).map((input) => input.value)
      : inputs(section).filter((input) => input.checked).map((input) => input.value);
  }
  function setValue(section, value) {
    inputs(section).forEach((input, index) => {
      if (isText(section)) input.value = value[index] || "";
      else input.checked = value.indexOf(input.value) >= 0;
    });
  }
  // How much of a 简答 is written, and how much more there is room for.
  function count(chars, input) {
    const left = input.maxLength - input.value.length;
    const text = say("chars", { n: input.value.length, left: left });
    if (chars.textContent !== text) chars.textContent = text;
    chars.dataset.state = left < input.maxLength / 10 ? "near" : "";
  }
  const isBlank = (value) => !value.some((part) => part.trim());

  function paint() {
    const state = load();
    let answered = 0;
    sections.forEach((section) => {
      const pos = section.dataset.pos;
      const has = !isBlank(valueOf(section));
      const flagged = state.flags.indexOf(pos) >= 0;
      const waits = pos in state.pending;
      if (has) answered += 1;
      inputs(section).forEach((input) => {
        const label = input.closest("label");
        if (label && !isText(section)) label.classList.toggle("on", input.checked);
      });
      const { note, marks, links, chars } = parts.get(section);
      if (chars) count(chars, inputs(section)[0]);
      if (note) {
        const text = waits ? texts.q_unsaved : has ? texts.q_saved : "";
        if (note.textContent !== text) note.textContent = text;
        note.dataset.state = waits ? "unsaved" : has ? "saved" : "";
      }
      marks.forEach((button) => button.setAttribute("aria-pressed", String(flagged)));
      links.forEach((link) => {
        link.classList.toggle("a", has);
        link.classList.toggle("f", flagged);
        if (section === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
        const said = [say("card_question", { n: pos }), has ? texts.card_answered : texts.card_blank];
        if (flagged) said.push(texts.card_flagged);
        const label = said.join(texts.card_separator);
        if (link.getAttribute("aria-label") !== label) link.setAttribute("aria-label", label);
      });
    });
    const counts = { answered: answered, flagged: state.flags.length, blank: sections.length - answered };
    if (current) counts.current = current.dataset.pos;
    $$("[data-count]").forEach((node) => {
      if (node.dataset.count in counts) node.textContent = counts[node.dataset.count];
    });
    $$("[data-meter]").forEach((node) => node.setAttribute("width", String(100 * answered / (sections.length || 1))));
  }

  function show(section, focus) {
    if (!section) return;
    current = section;
    sections.forEach((other) => { other.hidden = other !== section; });
    history.replaceState(null, "", "#" + section.id);
    paint();
    if (focus) {
      section.tabIndex = -1;
      section.focus();
    }
  }
  const step = (by) => show(sections[sections.indexOf(current) + by], true);
  function toggleFlag(section) {
    if (stopped) return;
    const state = load();
    const pos = section.dataset.pos;
    const at = state.flags.indexOf(pos);
    if (at < 0) state.flags.push(pos);
    else state.flags.splice(at, 1);
    keep(state);
    paint();
  }
  const enable = (on) => $$("input, textarea, button", form).forEach((control) => {
    if (control.type !== "hidden") control.disabled = !on;
  });

  // ---- messages ----
  function status(state, key, values) {
    const node = $("#save");
    node.dataset.state = state;
    const target = $("[data-text]", node) || node;
    const text = say(key, values || {});
    if (target.textContent !== text) target.textContent = text;
  }
  function notice(text, url, label, newTab) {
    const box = $("#notice");
    if (box.dataset.text === text) return;  // a live region repeats what is written again
    box.dataset.text = box.textContent = text || "";
    box.hidden = !text;
    if (!url) return;
    const link = document.createElement("a");
    link.href = url;
    link.textContent = label;
    if (newTab) { link.target = "_blank"; link.rel = "noopener"; }
    box.append(" ", link);
  }
  function offline(on) { const box = $("#offline"); if (box) box.hidden = !on; }
  function stop(text, url, label) {
    stopped = true;
    clearTimeout(timer);
    clearInterval(ticking);
    enable(false);
    offline(false);
    status("stopped", "stopped");
    notice(text, url, label);
    $("#notice").tabIndex = -1;
    $("#notice").focus();
  }

  // ---- the clock: monotonic here, set by the server ----
  const entry = performance.getEntriesByType("navigation")[0];
  let due = Date.parse(data.due);
  let offset = Date.parse(data.now) - (entry && entry.responseStart || 0);
  let before = null;
  const serverNow = () => performance.now() + offset;
  function resync(answer, sentAt) {
    offset = Date.parse(answer.server_now) - (sentAt + performance.now()) / 2;
    due = Date.parse(answer.due);
  }
  function tick() {
    const left = Math.max(0, Math.ceil((due - serverNow()) / 1000));
    const clock = $("#clock");
    clock.textContent = String(Math.floor(left / 60)).padStart(2, "0") + ":" + String(left % 60).padStart(2, "0");
    (clock.closest("[role=timer]") || clock).dataset.state = left <= 300 ? "warn" : "";
    const passed = [1, 5, 10].find((minutes) => before !== null && left <= minutes * 60 && before > minutes * 60);
    if (passed && $("#announce")) $("#announce").textContent = say("minutes_left", { n: passed });
    before = left;
    if (left === 0 && !ended) timeUp();
    if (left > 2 && ended && !leaving) { ended = false; enable(true); notice(""); }  // extra time was given meanwhile
    if (performance.now() - lastTry > PING && !document.hidden && !busy && !timer) send(true);
  }
  function timeUp() {
    ended = true;
    enable(false);
    notice(texts.time_up);
    // Everyone's time may end at the same second: spread the last requests over the first seconds of the grace.
    const spread = 1000 * Number(data.spread || 5);
    clearTimeout(timer);
    timer = setTimeout(() => send(true), Math.random() * spread);
  }
  function handIn() {
    leaving = true;
    forget();
    enable(true);
    if (token && form.elements.csrf_token) form.elements.csrf_token.value = token.content;
    form.action = data.submitUrl;
    form.submit();
  }

  // ---- sending ----
  let timer = 0;
  let busy = false;
  let again = false;
  let failures = 0;
  let why = "";          // of the last failure: network, server, signed-out
  let lastTry = 0;
  let wanted = false;    // the review page was asked for: go once everything is saved
  const token = $("meta[name='csrf-token']");

  function changed(section, delay) {
    if (stopped || ended) return;
    const state = load();
    const pos = section.dataset.pos;
    state.counter = Math.max(state.counter, Number(data.counter)) + 1;
    state.pending[pos] = { value: valueOf(section), counter: state.counter, lease: lease };
    keep(state);
    paint();
    if (failures) return explain();
    status("saving", "saving");
    later(delay);
  }
  function later(delay) {
    clearTimeout(timer);
    timer = setTimeout(() => send(false), delay);
  }
  const post = (url, body, keepalive) => {
    const abort = new AbortController();
    const limit = setTimeout(() => abort.abort(), 15000);
    return fetch(url, {
      method: "POST", body: JSON.stringify(body), signal: abort.signal, redirect: "manual", keepalive: Boolean(keepalive),
      headers: { "Content-Type": "application/json", "Accept": "application/json", "X-CSRFToken": token ? token.content : "" },
    }).finally(() => clearTimeout(limit));
  };
  const listed = (pending) => Object.keys(pending)
    .map((pos) => ({ pos: Number(pos), value: pending[pos].value, counter: pending[pos].counter }));

  function send(ping) {
    clearTimeout(timer);
    timer = 0;
    if (stopped || leaving) return;
    if (busy) { again = true; return; }
    const answers = listed(load().pending);
    if (!answers.length && !ping) return;
    busy = true;
    lastTry = performance.now();
    if (answers.length) status("saving", "saving");
    const sentAt = performance.now();
    post(data.saveUrl, { lease: lease, answers: answers, sent_at: new Date().toISOString() })
      .then((response) => { offline(false); return received(response, answers, sentAt); }, () => { offline(true); failed("network"); })
      .catch(() => failed("server"))
      .then(() => {
        busy = false;
        if (again && !failures) { again = false; later(0); }
      });
  }

  async function received(response, answers, sentAt) {
    if (stopped) return undefined;
    if (response.status === 200) return acknowledged(await response.json(), answers, sentAt);
    if (response.status === 409 || response.status === 410) {
      const body = await response.json().catch(() => ({}));
      forget();  // the server keeps what came as evidence
      if (response.status === 409) return stop(body.message || texts.taken_over);
      // What was saved counts; there is time to read so, and a link for whoever does not want to wait.
      setTimeout(() => { leaving = true; location.assign(body.url || data.resultUrl); }, 5000);
      return stop(body.message || texts.closed, body.url || data.resultUrl, texts.to_result);
    }
    if (response.status === 401 || response.type === "opaqueredirect") {
      notice(texts.signed_out, data.loginUrl, texts.sign_in, true);
      return failed("signed-out");
    }
    if (response.status === 400 || response.status === 403) await renewToken();
    return failed("server");
  }
  // After signing in again the old token is void: the page itself carries a new one.
  async function renewToken() {
    const page = await fetch(location.href, { redirect: "manual" });
    const fresh = page.ok && $("meta[name='csrf-token']", new DOMParser().parseFromString(await page.text(), "text/html"));
    if (fresh && token) token.content = fresh.content;
  }

  function acknowledged(answer, answers, sentAt) {
    resync(answer, sentAt);
    const state = load();
    const saved = answer.saved || {};
    Object.keys(saved).forEach((pos) => {
      state.counter = Math.max(state.counter, saved[pos]);
      if (state.pending[pos] && saved[pos] >= state.pending[pos].counter) delete state.pending[pos];
    });
    keep(state);
    paint();
    const left = answers.some((one) => state.pending[one.pos] && state.pending[one.pos].counter === one.counter);
    if (left) return failed("server");
    failures = 0;
    if (!ended) notice("");
    const rest = Object.keys(state.pending).length;
    if (rest) { again = true; return undefined; }
    const clock = new Date(answer.server_now).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hourCycle: "h23" });
    if (answers.length || /offline|unsaved/.test($("#save").dataset.state)) status("saved", "saved", { time: clock });
    sendStale();
    if (ended && due - serverNow() < 2000) return handIn();
    if (wanted) { leaving = true; location.assign(data.reviewUrl); }
    return undefined;
  }

  const wait = () => (ended ? RETRY[0] : RETRY[Math.min(failures, RETRY.length) - 1]);
  function explain() {
    const count = unsent().length;
    if (why === "signed-out") status("unsaved", "unsaved_signed_out", { n: count });
    else if (why === "network" && !navigator.onLine) status("offline", broken ? "offline_unkept" : "offline_kept", { n: count });
    else status("unsaved", count ? "retry" : "no_connection", { n: wait() });
  }
  function failed(reason) {
    if (stopped) return;
    why = reason;
    failures += 1;
    again = false;
    explain();
    if (wanted && why !== "signed-out") {
      const count = unsent().length;
      notice(count ? say("not_yet", { n: count }) : say("no_connection", { n: wait() }));
    }
    wanted = false;
    clearTimeout(timer);
    timer = setTimeout(() => send(true), wait() * 1000);
  }

  // ---- answers left from an earlier visit ----
  // Those of a lease that was taken over since are sent once, as evidence, under that lease.
  function sendStale() {
    const stale = load().stale;
    Object.keys(stale).forEach((old) => {
      post(data.saveUrl, { lease: Number(old), answers: listed(stale[old]) }).then((response) => {
        if (response.status !== 200 && response.status !== 409 && response.status !== 410) return;
        const state = load();
        delete state.stale[old];
        keep(state);
      }, () => undefined);
    });
  }
  function restore() {
    form.reset();  // the browser may have put older choices back
    const state = load();
    state.counter = Math.max(state.counter, Number(data.counter));
    Object.keys(state.pending).forEach((pos) => {
      const kept = state.pending[pos];
      const section = byPos[pos];
      if (!section || (kept.lease === lease && kept.counter <= Number(section.dataset.counter || 0))) {
        delete state.pending[pos];
      } else if (kept.lease === lease) {
        setValue(section, kept.value);
      } else if (isBlank(valueOf(section))) {  // an answer of an older lease fills only a blank
        setValue(section, kept.value);
        state.counter += 1;
        state.pending[pos] = { value: kept.value, counter: state.counter, lease: lease };
      } else {
        (state.stale[kept.lease] = state.stale[kept.lease] || {})[pos] = kept;
        delete state.pending[pos];
      }
    });
    keep(state);
  }

  // ---- two tabs of one browser: the newest goes on ----
  const tab = Date.now() + "-" + Math.random();
  const older = () => { if (!stopped) stop(texts.other_tab); };
  try { localStorage.setItem(KEY + ":tab", tab); } catch (error) { unkept(); }
  window.addEventListener("storage", (event) => {
    if (event.key === KEY + ":tab" && event.newValue && event.newValue !== tab) older();
  });
  if ("BroadcastChannel" in window) {
    const channel = new BroadcastChannel(KEY);
    channel.onmessage = (event) => { if (event.data !== tab) older(); };
    channel.postMessage(tab);
  }
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // ---- evidence: focus and network, with how long ago, since this clock proves nothing ----
  let events = [];
  let eventTimer = 0;
  let away = false;
  function note(kind) {
    if (stopped || leaving) return;
    events.push({ kind: kind, at: performance.now() });
    events = events.slice(-50);
    if (!eventTimer) eventTimer = setTimeout(sendEvents, 2000);
  }
  function sendEvents() {
    eventTimer = 0;
    const batch = events;
    if (!batch.length || stopped || !navigator.onLine) return;
    events = [];
    const now = performance.now();
    const body = { lease: lease, events: batch.map((one) => ({ kind: one.kind, ago_ms: Math.round(now - one.at) })) };
    post(data.eventsUrl, body, true).then((response) => { if (response.status >= 500) throw new Error("again"); })
      .catch(() => { events = batch.concat(events).slice(-50); });
  }
  const lookAway = () => setTimeout(() => {
    const now = document.hidden || !document.hasFocus();
    if (now !== away) { away = now; note(away ? "blur" : "focus"); }
  }, 0);
  window.addEventListener("blur", lookAway);
  window.addEventListener("focus", lookAway);
  document.addEventListener("visibilitychange", () => {
    lookAway();
    if (!document.hidden && performance.now() - lastTry > 2000) send(true);
  });
  window.addEventListener("offline", () => {
    note("offline");
    offline(true);
    status("offline", broken ? "offline_unkept" : "offline_kept", { n: unsent().length });
  });
  window.addEventListener("online", () => {
    note("online");
    clearTimeout(eventTimer);
    sendEvents();  // first: should the page be told that it was taken over, it says nothing any more
    failures = 0;
    send(true);
  });

  // ---- hands ----
  const sectionOf = (node) => node.closest("section.q");
  form.addEventListener("change", (event) => {
    const section = sectionOf(event.target);
    if (section && !isText(section) && event.target.name === "a" + section.dataset.pos) changed(section, 300);
  });
  const typed = (event) => {
    const section = sectionOf(event.target);
    if (section && isText(section) && !event.isComposing) changed(section, 800);
  };
  form.addEventListener("input", typed);
  form.addEventListener("compositionend", typed);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.type === "text") event.preventDefault();  // no hand-in by accident
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (stopped || ended) return;
    const button = event.submitter;
    wanted = Boolean(button && button.value === "review");
    send(true);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#card a[data-pos], .card-copy a[data-pos]");
    const go = event.target.closest("[data-go]");
    const mark = event.target.closest("[data-mark]");
    if (!link && !go && !mark) return;
    event.preventDefault();
    if (link) show(byPos[link.dataset.pos], true);
    else if (go) step(go.dataset.go === "next" ? 1 : -1);
    else toggleFlag(sectionOf(mark) || current);
  });
  window.addEventListener("beforeunload", (event) => {
    if (leaving || stopped || !unsent().length) return;
    event.preventDefault();
    event.returnValue = "";
  });

  const toggle = $("#shortcuts");
  if (toggle) {
    try { toggle.checked = localStorage.getItem("exam:shortcuts") === "1"; } catch (error) { toggle.checked = false; }
    toggle.addEventListener("change", () => {
      try { localStorage.setItem("exam:shortcuts", toggle.checked ? "1" : "0"); } catch (error) { unkept(); }
    });
  }
  document.addEventListener("keydown", (event) => {
    if (!toggle || !toggle.checked || stopped || ended) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.keyCode === 229) return;
    if (event.target.matches("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]")) return;
    const key = event.key.toUpperCase();
    const index = /^[1-9]$/.test(key) ? Number(key) - 1 : /^[A-H]$/.test(key) ? key.charCodeAt(0) - 65 : -1;
    const option = index >= 0 && !isText(current) && inputs(current)[index];
    if (option) option.click();
    else if (key === "ARROWLEFT") step(-1);
    else if (key === "ARROWRIGHT") step(1);
    else if (key === "M") toggleFlag(current);
    else return;
    event.preventDefault();
  });

  // ---- start ----
  document.documentElement.classList.add("js");
  form.classList.add("ready");
  const shortcutsOn = toggle && toggle.checked;
  restore();
  if (toggle) toggle.checked = shortcutsOn;  // reset() reaches it where it stands inside the form
  show(byPos[location.hash.replace("#q", "")] || sections[0], false);
  const ticking = setInterval(tick, 500);
  tick();
  offline(!navigator.onLine);
  send(true);
})();
