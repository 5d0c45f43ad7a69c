/* What every page does with script: keyboard, dialogs, toasts, print. Everything works without it, if less quickly. */
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  const $ = (selector) => document.querySelector(selector);

  // While a pinyin word is being composed, nothing is searched for and Enter submits nothing.
  window.addEventListener("input", (event) => { if (event.isComposing) event.stopImmediatePropagation(); }, true);
  window.addEventListener("compositionend", (event) => {
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  }, true);
  window.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.isComposing) event.stopImmediatePropagation();
  }, true);

  function toast(text) {
    const box = $("#toasts");
    const item = document.createElement("p");
    item.className = "toast";
    item.textContent = text;
    box.append(item);
    if (root.dataset.mode !== "elder") setTimeout(() => item.remove(), 6000);
  }

  // A dangerous act asks first; without script the server's own page or undo stands in.
  let asking = null;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && asking !== form) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const dialog = $("#confirm");
      $("#confirm-text").textContent = form.dataset.confirm;
      dialog.onclose = () => {
        if (dialog.returnValue !== "yes") return;
        asking = form;
        form.requestSubmit(event.submitter || undefined);
        asking = null;
      };
      dialog.returnValue = "";
      dialog.showModal();
      return;
    }
    if (form.method === "post") once(event);
  }, true);
  function once(event) {
    if (event.target.dataset.sent && Date.now() - event.target.dataset.sent < 3000) event.preventDefault();
    event.target.dataset.sent = Date.now();
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    const on = (selector) => target.closest(selector);
    if (on("[data-print]")) window.print();
    if (on("#confirm [data-yes]")) $("#confirm").close("yes");
    if (on("#confirm [data-no]")) $("#confirm").close("no");
    const opener = on("[data-open]");
    if (opener) document.getElementById(opener.dataset.open).showModal();
    const closer = on("[data-close]");
    if (closer) closer.closest("dialog").close();
    const filters = on(".fbtn");
    if (filters) filters.setAttribute("aria-expanded", filters.parentNode.classList.toggle("open"));
    const copy = on("[data-copy]");
    if (copy) copyText(document.getElementById(copy.dataset.copy), copy.dataset.done);
  });

  function copyText(source, done) {
    source.select();
    // The clipboard interface needs HTTPS; an office intranet may not have it.
    if (navigator.clipboard) navigator.clipboard.writeText(source.value).then(() => toast(done), () => undefined);
    else if (document.execCommand("copy")) toast(done);
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
  });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    const search = $("#filters input[type=search]");
    if (event.key === "/" && !typing && search) { event.preventDefault(); search.focus(); }
  });

  // After a swap the focus goes where the answer wants it.
  document.addEventListener("htmx:after:swap", () => {
    const wanted = $("[data-autofocus]");
    if (wanted) wanted.focus();
  });
  const banner = (kind) => {
    const box = $("#banner");
    box.textContent = box.dataset[kind] || "";
    box.hidden = !kind;
  };
  document.addEventListener("htmx:error", () => banner("network"));
  document.addEventListener("htmx:response:error", () => banner("server"));
  document.addEventListener("htmx:before:request", () => banner(""));
  const first = $("[data-autofocus]");
  if (first) first.focus();
})();
