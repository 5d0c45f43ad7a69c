/* What every page does with script: keyboard, dialogs, toasts, print. Everything works without it, if less quickly. */
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");
  // A script that does not arrive leaves the page as it is without script: longer, and it works.
  window.addEventListener("error", (event) => { if (event.target.tagName === "SCRIPT") root.classList.remove("js"); }, true);
  const $ = (selector, from) => (from || document).querySelector(selector);
  const $$ = (selector, from) => Array.from((from || document).querySelectorAll(selector));

  // While a pinyin word is being composed, nothing is searched for and Enter submits nothing.
  window.addEventListener("input", (event) => { if (event.isComposing) event.stopImmediatePropagation(); }, true);
  window.addEventListener("compositionend", (event) => {
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  }, true);
  window.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.isComposing) event.stopImmediatePropagation();
  }, true);

  function toast(text) {
    const item = document.createElement("p");
    item.className = "toast";
    item.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", $("#toasts").dataset.close);
    close.addEventListener("click", () => item.remove());
    item.append(close);
    $("#toasts").append(item);
    // In elder mode it stays until it is closed: there must be time to read.
    if (root.dataset.mode !== "elder") setTimeout(() => item.remove(), 6000);
  }

  // A dangerous act asks first, and nothing is sent twice by a double click; [data-plain] forms only give files.
  let asking = null;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && asking !== form) {
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(form, event.submitter);
    } else if (form.method === "post" && !("attempt" in form.dataset) && !("plain" in form.dataset)) once(form, event);
  }, true);
  function ask(form, submitter) {
    const dialog = $("#confirm");
    $("#confirm-text").textContent = form.dataset.confirm;
    dialog.onclose = () => {
      if (dialog.returnValue === "yes") {
        asking = form;
        form.requestSubmit(submitter || undefined);
        asking = null;
      }
    };
    dialog.returnValue = "";
    show(dialog, submitter);
  }
  function once(form, event) {
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.setAttribute("aria-busy", "true");
    setTimeout(() => form.removeAttribute("aria-busy"), 3000);
  }
  window.addEventListener("pageshow", () => $$("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy")));

  // Focus comes back to what opened a dialog, in browsers that forget it too. The event comes a moment after the dialog
  // has gone: whoever has moved on by then is left where they are.
  function show(dialog, opener) {
    const before = document.activeElement;
    dialog.addEventListener("close", () => {
      const here = document.activeElement;
      const left = here === before || here === document.body || dialog.contains(here);
      if (left && opener && opener.isConnected) opener.focus();
    }, { once: true });
    dialog.showModal();
  }

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    if (on("[data-print]")) window.print();
    if (on("#confirm [data-yes]")) $("#confirm").close("yes");
    if (on("#confirm [data-no]")) $("#confirm").close("no");
    if (on("#banner button")) banner("");
    const opener = on("[data-open]");
    if (opener) {
      event.preventDefault();
      show(document.getElementById(opener.dataset.open), opener);
    }
    const closer = on("[data-close]");
    if (closer) closer.closest("dialog").close();
    const filters = on(".fbtn");
    if (filters) filters.setAttribute("aria-expanded", filters.parentNode.classList.toggle("open"));
    const timed = on("a[data-timed]");
    if (timed) {
      const to = new URL(timed.href);
      to.searchParams.set("open", Math.round(performance.now() / 60000));
      timed.href = to.href;
    }
    const copy = on("[data-copy]");
    if (copy) copyText(document.getElementById(copy.dataset.copy), copy.dataset.done);
  });

  function copyText(source, done) {
    const said = () => toast(done);
    const old = () => {
      if (source.select) source.select();
      else window.getSelection().selectAllChildren(source);
      if (document.execCommand("copy")) said();
    };
    // The clipboard interface needs HTTPS; an office intranet may not have it.
    if (navigator.clipboard) navigator.clipboard.writeText(source.value || source.textContent.trim()).then(said, old);
    else old();
  }

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-autosubmit]")) box.form.requestSubmit();
  });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && !/^(checkbox|radio)$/.test(event.target.type);
    const search = $("#filters input[type=search]") || $("#gq");
    if (event.key === "/" && root.dataset.keys !== "off" && !typing && search) {
      event.preventDefault();
      const box = search.closest(".fbox");
      if (!search.offsetParent && box) $(".fbtn", box).click();
      search.focus();
    }
    if (event.key !== "Escape" || $("dialog[open]")) return;
    const close = $("[data-panel-close]");
    if (!$("#banner").hidden) banner("");
    else if (close) close.click();
  });

  // After a swap the focus goes where the answer wants it, once.
  function settle() {
    const wanted = $("[data-autofocus]");
    if (!wanted) return;
    wanted.removeAttribute("data-autofocus");
    wanted.focus();
    const prefix = wanted.dataset.title;
    if (prefix && !document.title.startsWith(prefix)) document.title = prefix + document.title;
  }
  document.addEventListener("htmx:after:swap", settle);
  document.addEventListener("DOMContentLoaded", settle);

  // A refusal is a whole page: its sentence goes into the banner, the place it was meant for stays as it is.
  function banner(text) {
    const box = $("#banner");
    $("span", box).textContent = text || "";
    box.hidden = !text;
  }
  const statusOf = (event) => (event.detail.ctx && event.detail.ctx.response || {}).status || 0;
  document.addEventListener("htmx:before:swap", (event) => {
    const status = statusOf(event);
    const expected = status === 422 || event.detail.ctx.sourceElement.hasAttribute("hx-status:" + status);
    if (status >= 400 && !expected) event.preventDefault();
  });
  document.addEventListener("htmx:response:error", (event) => {
    const status = statusOf(event);
    if (status === 422 || event.detail.ctx.response.headers.get("HX-Redirect")) return;
    const page = new DOMParser().parseFromString(event.detail.ctx.text || "", "text/html");
    const said = $$("[data-say]", page).map((part) => part.textContent.trim()).filter(Boolean);
    banner(said.pop() || $("#banner").dataset.server);
  });
  document.addEventListener("htmx:error", () => banner($("#banner").dataset.network));
  document.addEventListener("htmx:before:request", () => banner(""));
  window.addEventListener("offline", () => $("#exam") || banner($("#banner").dataset.network));
  window.addEventListener("online", () => banner(""));
})();
