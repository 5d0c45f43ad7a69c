/* Lists: many rows at once, a row beside its list, the keyboard, the choice of columns. Without it all of that works
   page by page. */
(function () {
  "use strict";
  const root = document.documentElement;
  const $ = (selector, from) => (from || document).querySelector(selector);
  const $$ = (selector, from) => Array.from((from || document).querySelectorAll(selector));

  // ---- many rows at once
  document.addEventListener("change", (event) => {
    const box = event.target;
    const form = box.closest("form[data-batch]");
    if (!form || !box.matches("[data-pick],[data-pick-all],[data-all]")) return;
    const picks = $$("[data-pick]", form);
    const whole = $("[data-all]", form);
    if (box.matches("[data-pick-all]")) picks.forEach((pick) => { pick.checked = box.checked; });
    if (box === whole) picks.forEach((pick) => { pick.checked = whole.checked; });
    else if (whole && !box.checked) whole.checked = false;
    picks.forEach((pick) => pick.closest("tr").classList.toggle("sel-row", pick.checked));
    const count = picks.filter((pick) => pick.checked).length;
    $$("[data-pick-all]", form).forEach((all) => {
      all.checked = count > 0 && count === picks.length;
      all.indeterminate = count > 0 && count < picks.length;
    });
    const status = $("[data-picked]", form);
    const said = whole && whole.checked ? status.dataset.pickedAll.replace("{n}", whole.dataset.all)
      : status.dataset.picked.replace("{n}", count);
    status.textContent = count ? said : "";
  });

  // ---- a row beside its list
  // On a small screen and in elder mode there is no room beside the list: the row's own page opens.
  const narrow = () => root.dataset.mode === "elder" || window.matchMedia("(max-width: 64rem)").matches;
  const openId = () => new URL(location.href).searchParams.get("open");

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-row]");
    if (link && (narrow() || !$("#panel"))) event.stopImmediatePropagation();
    if (event.target.closest("[data-panel-close]")) closePanel();
    if (!event.target.closest("details.pop")) closePops();
    const up = event.target.closest("[data-up]");
    if (up) {
      event.preventDefault();
      const item = up.closest("li");
      if (item.previousElementSibling) item.parentNode.insertBefore(item, item.previousElementSibling);
      up.focus();
    }
    const fixed = event.target.closest("[data-fixed]");
    if (fixed) event.preventDefault();
  }, true);

  function closePanel() {
    const panel = $("#panel");
    const id = openId();
    panel.replaceChildren();
    panel.removeAttribute("aria-labelledby");
    const url = new URL(location.href);
    url.searchParams.delete("open");
    history.replaceState(history.state, "", url);
    markOpen();
    const back = id && $('a[data-row="' + Number(id) + '"]');
    if (back) back.focus();
    else $("#main").focus();
  }

  function markOpen() {
    const id = openId();
    $$("table[data-rows] tbody tr").forEach((row) => {
      const link = $("a[data-row]", row);
      row.classList.toggle("open", Boolean(id && link && link.dataset.row === id));
    });
  }
  document.addEventListener("htmx:after:swap", () => setTimeout(markOpen, 0));
  document.addEventListener("htmx:after:push:into:history", markOpen);

  function closePops() {
    const open = $$("details.pop[open]");
    open.forEach((pop) => { pop.open = false; });
    return open[0];
  }

  // ---- the keyboard
  const isTyping = (target) => target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)
    || (target.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(target.type));
  const rows = () => $$("table[data-rows] tbody tr");
  const currentRow = () => {
    const active = document.activeElement.closest("table[data-rows] tbody tr");
    return active || $("table[data-rows] tbody tr.cur");
  };

  function step(by) {
    const all = rows();
    const here = all.indexOf(currentRow());
    const row = all[here < 0 ? 0 : Math.min(Math.max(here + by, 0), all.length - 1)];
    if (!row) return;
    const link = $("td a[href]", row);
    if (!link) row.tabIndex = -1;
    (link || row).focus();
  }

  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("table[data-rows] tbody tr");
    if (row) rows().forEach((each) => each.classList.toggle("cur", each === row));
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const pop = closePops();
      if (pop) {
        $("summary", pop).focus();
        event.stopImmediatePropagation();
      }
      return;
    }
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || $("dialog[open]") || !rows().length) return;
    const inTable = event.target.closest && event.target.closest("table[data-rows]");
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (moves[event.key] && inTable) {
      event.preventDefault();
      step(moves[event.key]);
      return;
    }
    // Keys of a single letter can be switched off (WCAG 2.1.4).
    if (root.dataset.keys === "off") return;
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      step(event.key === "j" ? 1 : -1);
    } else if (event.key === "x") {
      const row = currentRow();
      const pick = row && $("[data-pick]", row);
      if (pick) pick.click();
    } else if (event.key === "?") {
      const help = $("[data-open=keys]");
      if (help) help.click();
    }
  }, true);

  // ---- printing everything: the page has all rows, the printer is asked at once
  window.addEventListener("load", () => { if ($("[data-print-now]")) window.print(); });
})();
